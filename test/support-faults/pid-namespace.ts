import { spawnSync } from 'node:child_process';
import { type Obstacle } from '../support-jobs/conditions';

/** Why no process with a chosen pid can be had here. */
export function noPidNamespace(): Obstacle {
  const probe = 'echo 1000 > /proc/sys/kernel/ns_last_pid && sleep 0 & wait $! && [ $! -gt 0 ]';
  const { status } = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'bash', '-c', probe]);
  return status === 0 ? undefined : 'needs root, unshare and /proc/sys/kernel/ns_last_pid';
}

/**
 * A bash script, to be run in a PID namespace of its own as `bash -c SCRIPT x NODE CLI DIRECTORY PORT`: starts the
 * client, has its job killed together with it, gives the job's and the supervisor's pids to strangers, starts the client
 * again. Prints the strangers' pids once it answers; ends when a file `end` is there, saying which strangers still live.
 */
export const REUSE_PIDS = `
node=$1 cli=$2 dir=$3 port=$4
export PORT=$port DB_PATH=$dir/db.sqlite DATA_PATH=$dir/data HOST=127.0.0.1
"$node" "$cli" client >>"$dir/log" 2>&1 & client=$!
until [ -e "$dir/pids" ]; do sleep 0.05; done
read -r super script < "$dir/pids"
kill -9 $client "$super" -"$script"; wait $client 2>/dev/null
while [ -e /proc/$super ] || [ -e /proc/$script ]; do sleep 0.05; done
cd /
give() { # a pid stays taken as long as a zombie of its group or session does
  until echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid; setsid sleep 600 & [ $! = "$1" ]; do kill $!; sleep 0.05; done
}
give "$super"; one=$!
give "$script"; two=$!
echo "$one $two" > "$dir/strangers"
"$node" "$cli" client >>"$dir/log" 2>&1 & client=$!
until [ -e "$dir/end" ]; do sleep 0.05; done
kill -0 $one && kill -0 $two && echo both live > "$dir/verdict" || echo a stranger was ended > "$dir/verdict"
kill $client; wait $client
`;
