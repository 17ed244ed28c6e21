import { delay } from '../common/delay';
import type { Status } from '../wire/status';
import { BadAnswerError, type CommandError, ServerUnreachableError } from './command.errors';
import type { JobState, PortalClient } from './http/portal-client';

/** The server answers sooner if the job moves; long enough to be cheap, short enough for any proxy. */
const WAIT_SECONDS = 30;

/** Where a job stays. */
const FINAL: ReadonlySet<Status> = new Set(['Completed', 'Failed', 'Invalid', 'Killed', 'Cleaned']);

/** It stays there: it has ended. */
export function isFinal(status: Status): boolean {
  return FINAL.has(status);
}

/** A server that has answered before may be away for so long: it is being updated, say. */
export const RECONNECT_MS = 300_000;

/** Who hears how it goes. */
export interface Follower {
  /** The job is seen in another state than before, or for the first time. */
  moved(state: JobState): void;
  /** The server does not answer; it is asked on. Told once until it answers again. */
  away(error: CommandError): void;
}

/** A pause between two questions to a server that doesn't wait, or is away: short for a young job, 10 s for one of hours. */
export function pauseMs(elapsedMs: number): number {
  return Math.min(10_000, Math.max(250, elapsedMs / 10));
}

/**
 * Waits until the job has ended. Asks the server to answer when the job moves; one that doesn't know how to (the Rust
 * program's) answers at once with the state as it was, and is asked again after a pause that grows with the time.
 * @returns the last state seen: a final one, unless the signal aborted before
 * @throws CommandError at once when the first question fails; later only when the server stays away
 */
export async function followJob(
  client: PortalClient,
  id: number,
  follower: Follower,
  signal: AbortSignal,
): Promise<JobState> {
  const startedAt = performance.now();
  const isOver = () => signal.aborted;
  let last = await client.state(id, 0, signal);
  let answeredAt = performance.now();
  let isAway = false;
  follower.moved(last);
  while (!isFinal(last.status) && !isOver()) {
    const askedAt = performance.now();
    try {
      const state = await client.state(id, WAIT_SECONDS, signal);
      answeredAt = performance.now();
      isAway = false;
      if (state.status !== last.status) {
        follower.moved(state);
        last = state;
        continue;
      }
      last = state;
      if (answeredAt - askedAt > (WAIT_SECONDS * 1000) / 2) {
        continue;
      }
    } catch (error) {
      if (isOver()) {
        break;
      }
      if (!mayPass(error) || performance.now() - answeredAt > RECONNECT_MS) {
        throw error;
      }
      if (!isAway) {
        isAway = true;
        follower.away(error);
      }
    }
    await delay(pauseMs(performance.now() - startedAt), signal);
  }
  return last;
}

/** The server may be back soon. */
function mayPass(error: unknown): error is CommandError {
  return error instanceof ServerUnreachableError || (error instanceof BadAnswerError && error.retryable);
}
