// Live processes of jobs, found from outside: no program is asked for them.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Pids of the processes that stand in `directory` or below it, or whose environment names it; none of `besides`. */
export function processesOf(directory, besides = []) {
  const left = [process.pid, ...besides];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && !left.includes(Number(name)))
    .map(Number)
    .filter((pid) => belongsTo(pid, directory));
}

/** SIGKILL to all of them until none is left. The executor is dead by then, so no new ones appear. Returns how many. */
export function killProcessesOf(directory, besides) {
  let killed = 0;
  for (let found = processesOf(directory, besides); found.length > 0; found = processesOf(directory, besides)) {
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
        killed++;
      } catch {
        // It has ended by itself.
      }
    }
  }
  return killed;
}

function belongsTo(pid, directory) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    if ('ZX'.includes(stat.slice(stat.lastIndexOf(')') + 2)[0])) return false;
    return (
      readlinkSync(`/proc/${pid}/cwd`).startsWith(directory) ||
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${directory}/`)
    );
  } catch {
    return false; // gone, or somebody else's
  }
}
