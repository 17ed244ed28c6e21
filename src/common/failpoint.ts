/**
 * Points at which a test may have the program die: `FAILPOINT=upload:published` kills it (SIGKILL) when it gets there,
 * `FAILPOINT=upload:published:3` the third time. Unset, as everywhere but in tests, a failpoint does nothing.
 */
export type Failpoint =
  | 'upload:received' // files are staged, not yet in place
  | 'upload:published' // in place, no row yet
  | 'upload:committed' // row stored, no answer yet
  | 'dispatch:processing' // moved to Processing, nothing sent
  | 'dispatch:taken' // the backend has it, its ref is not stored
  | 'dispatch:submitted' // ref stored
  | 'collect:fetched' // the archive is whole under its temporary name
  | 'collect:renamed' // in its place, the end is not stored
  | 'end:stored' // the end is stored, the backend not told
  | 'cleanup:moved' // Cleaned, the files still there
  | 'accept:published' // executor: files in place, no row yet
  | 'accept:committed' // executor: row stored, no answer yet
  | 'run:spawned' // executor: the supervisor lives, the row says Prepared
  | 'run:ended' // executor: the job is over, the row says Running
  | 'release:removed' // executor: the files are gone, the row does not say so
  | 'slurm:prepared' // the job's directory is in its place, SLURM was not asked
  | 'slurm:asked' // noted that SLURM is asked, which it is not yet
  | 'slurm:submitted'; // SLURM has the job, its id is written nowhere

// The one variable that is not configuration: it is read before there is any, and must not show in any documentation.
const [room, point, count] = (process.env.FAILPOINT ?? '').split(':');
const armed = `${room ?? ''}:${point ?? ''}`;
let left = Number(count ?? 1);

/** Dies here if a test has asked for it. */
export function failpoint(name: Failpoint): void {
  if (name === armed && --left === 0) {
    process.kill(process.pid, 'SIGKILL');
  }
}
