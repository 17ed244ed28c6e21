# supervisor.sh RUN_DIR TAG: runs `bash run.sh` in the current directory, once, and records how it ended.
# Started in a session of its own by the executor, it outlives it: a restarted executor reads what is written here.
#   RUN_DIR/claim   a directory: whoever makes it may start the job, anybody else leaves
#   RUN_DIR/pid     "PID STARTTIME BOOT_ID ." of this process
#   RUN_DIR/notice  what bash says when the job dies by a signal or can't be started; empty after an exit
#   RUN_DIR/exit    an empty line, then "CODE ." as bash counts it: 128 + N for signal N
# Each file is one write of a line that closes with a dot, so a line without it was cut short and doesn't count.
# Written in bash, not Node, since it must cost a millisecond and a megabyte.
# It sets no variable that JOB_ENV may name (LC_ALL, stat, ...), since the job would see the new value.
# Says "ended TAG" on descriptor 3 when all is written. Whoever listens may be gone by then: no reason to die of it.
trap "trap '' PIPE; printf 'ended %s\\n' '$2' >&3 2>/dev/null" EXIT
mkdir "$1/claim" || exit 0
exec 2>"$1/notice"

# Handlers, not ignored signals: those the job would inherit.
trap : HUP INT TERM QUIT USR1 USR2

read -r __job_orchestrator_stat </proc/self/stat
read -r __job_orchestrator_boot </proc/sys/kernel/random/boot_id
set -- "$1" ${__job_orchestrator_stat##*) }
printf '%s %s %s .\n' "$$" "${21}" "$__job_orchestrator_boot" >"$1/pid"
# Takes its block while there is one: the job may fill the disk.
printf '\n' >"$1/exit"

# In the foreground: bash starts what it puts in the background with SIGINT ignored.
(exec setsid bash run.sh 3>&- </dev/null >>.orchestrator.stdout 2>>.orchestrator.stderr)
printf '%s .\n' "$?" >>"$1/exit"
