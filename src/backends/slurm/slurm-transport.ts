import type { JobList } from './job-sight';
import type { SubmitRequest } from './submit-request';

/** Jobs that the controller has forgotten, looked up in accounting. */
export type PastQuery = { readonly jobIds: readonly number[] } | { readonly name: string };

/**
 * How SLURM is reached. Each call has its own time-out, rejects promptly when the signal aborts, and throws the errors of
 * backend.errors.ts with SLURM's own words.
 */
export interface SlurmTransport {
  /** For logs: `the commands of SLURM`, or the address of slurmrestd. */
  readonly place: string;
  /** What is wrong with how it is set up, as far as SLURM can say so now; `null`: nothing, or it can't be reached. */
  refusal(signal: AbortSignal): Promise<string | null>;
  /** Cheap, also while the controller is away. @throws BackendUnavailableError */
  ping(signal: AbortSignal): Promise<void>;
  /**
   * @param isFresh the controller may have been started a moment ago, and not know its nodes yet
   * @returns the id of the SLURM job; a fault `unclear` may have made one
   */
  submit(request: SubmitRequest, isFresh: boolean, signal: AbortSignal): Promise<number>;
  /** All our jobs that the controller knows, in one question. @throws BackendUnavailableError */
  list(signal: AbortSignal): Promise<JobList>;
  /**
   * Takes 20 s at most. What could not be found out is among the unreadable, so that it isn't taken for unknown; a search
   * by name is whole or fails. `null`: there is no accounting. @throws BackendUnavailableError
   */
  past(query: PastQuery, signal: AbortSignal): Promise<JobList | null>;
  /** Jobs that are unknown or over are no error. @throws BackendUnclearError */
  cancel(jobIds: readonly number[], signal: AbortSignal): Promise<void>;
  /** The program stops: ends what no caller's signal ends. */
  close(): void;
}
