import { setMaxListeners } from 'node:events';
import type { Backend, BackendRef, BackendReport } from '../backends/backend';
import type { Job } from '../jobs/jobs.repository';
import type { JobState } from '../jobs/job-state';
import type { JobWishes } from '../jobs/job-wishes';

/** A job that holds a slot, as the dispatcher follows it. Made when it is handed over, or read again at start. */
export class ActiveJob {
  readonly id: number;
  /** Of this attempt: a job that is started again is another one to the backend. */
  readonly key: string;
  readonly attempt: number;
  readonly service: string;
  readonly loc: string;
  readonly wishes: JobWishes;
  status: JobState;
  ref: BackendRef | null;
  /** What is known to hold it up, as last stored in its row. */
  note = '';
  /** A report that came while the answer to the hand-over was still on its way. */
  early: BackendReport | null = null;
  /** Its end is being worked on; further reports change nothing. */
  isEnding = false;
  /** When the backend last said something of it that was understood (performance.now()). */
  lastContactAt = performance.now();
  /** It was given up while it may still run at its backend. */
  isGivenUp: boolean;
  /** When it was first seen to run (performance.now()); `null`: not yet. */
  runningSince: number | null;
  /** We have it ended at its backend, for running longer than so many milliseconds; `null`: not so. */
  overtimeMs: number | null = null;
  /** Aborts whatever is under way for it. */
  readonly abort = new AbortController();

  constructor(
    job: Job,
    readonly backend: Backend,
  ) {
    this.id = job.id;
    setMaxListeners(0, this.abort.signal);
    const key = job.key ?? `job-${job.id}`;
    this.key = keyOfAttempt(key, job.attempt);
    this.isGivenUp = job.status === 'Failed' && job.givenUpKey !== null;
    this.attempt = job.attempt;
    this.runningSince = job.startedAt === null ? null : performance.now() - Math.max(0, Date.now() - job.startedAt);
    this.service = job.service;
    this.loc = job.loc;
    this.wishes = { walltimeMs: job.walltimeMs, cpus: job.cpus, memoryMiB: job.memoryMiB };
    this.status = job.status;
    this.ref = job.ref as BackendRef | null;
  }
}

function keyOfAttempt(key: string, attempt: number): string {
  return attempt === 1 ? key : `${key}.${attempt}`;
}
