/**
 * Cancels a job that waits or runs: SIGTERM, after KillWait SIGKILL, as the cluster is set up. No signal is named: a job
 * that was sent one by name ends FAILED, not CANCELLED. An id that SLURM doesn't know (any more) is no error.
 */
export function scancelArgs(jobIds: readonly number[]): string[] {
  return jobIds.map(String);
}

/** What scancel says when the job has ended already. */
export function isEndedAlready(stderr: string): boolean {
  return /Invalid job id specified|Job\/step already completing or completed/.test(stderr);
}
