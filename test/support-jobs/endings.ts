import type { JobDetails, Pair } from '../support/pair';

const ENDED = ['Completed', 'Failed', 'Invalid', 'Killed'];

/** Waits for any final state: a test then says itself which one it wants, and its failure shows the message. */
export function ended(pair: Pair, id: number, timeoutMs = 10_000): Promise<JobDetails> {
  return pair.waitFor(id, ENDED, timeoutMs);
}

/** Waits for all of them, asking about one at a time so that the waiting costs the programs little. */
export async function allEnded(pair: Pair, ids: readonly number[], timeoutMs = 60_000): Promise<JobDetails[]> {
  const deadline = Date.now() + timeoutMs;
  const jobs: JobDetails[] = [];
  for (const id of ids) jobs.push(await ended(pair, id, Math.max(0, deadline - Date.now())));
  return jobs;
}
