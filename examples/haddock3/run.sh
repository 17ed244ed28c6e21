#!/bin/bash
# Runs every HADDOCK3 workflow (*.cfg) that was uploaded, in the order of their names. The first that fails ends the job.
set -euo pipefail
shopt -s nullglob

workflows=(*.cfg)
if ((${#workflows[@]} == 0)); then
    echo 'no workflow: a file *.cfg has to be among the files of the job' >&2
    exit 2
fi
for workflow in "${workflows[@]}"; do
    name=${workflow%.cfg}
    # Its output is large: a file of its own, the end of which goes where people look first.
    haddock3 "$workflow" > "$name.out" 2>&1 || {
        code=$?
        echo "$workflow failed, exit code $code. The end of $name.out:" >&2
        tail -n 20 "$name.out" >&2
        exit "$code"
    }
done
