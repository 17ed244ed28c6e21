import type { BackendRef } from '../backend';
import type { JobList, JobSight } from './job-sight';
import type { PastQuery } from './slurm-transport';
import { isOver } from './slurm-state';

/** Between the answer to one question and the next. */
const PAUSE_MS = 5_000;
/** The same while accounting is away: twice as long after each question that fails. */
const MAX_PAUSE_MS = 60_000;

/** A job that the controller does not know (any more). */
export interface ForgottenJob {
  readonly ref: BackendRef;
  readonly jobId: number;
  readonly name: string;
}

/** What accounting says of one. */
export interface PastAnswer {
  readonly jobId: number;
  /** How it ended; `null`: it doesn't know the job, or not yet as one that is over. */
  readonly sight: JobSight | null;
  /** There is no accounting. */
  readonly isOff: boolean;
  /** When it was asked (performance.now()). */
  readonly askedAt: number;
}

/**
 * Jobs that the controller has forgotten, looked up in accounting. Nobody waits for that: it takes 20 s when its database
 * hangs, and reports of all other jobs would be late by as much. One question at a time, for all jobs that are missed.
 */
export class PastJobs {
  private readonly answers = new Map<BackendRef, PastAnswer>();
  private readonly wanted = new Map<BackendRef, ForgottenJob>();
  private underWay: Map<BackendRef, ForgottenJob> | null = null;
  private nextAt = -Infinity;
  /** Questions that failed in a row, at least in part. */
  private failures = 0;

  /** @param ask as SlurmTransport.past; ends when the program stops */
  constructor(private readonly ask: (query: PastQuery) => Promise<JobList | null>) {}

  /** The latest answer; `null`: none yet. */
  of(ref: BackendRef, jobId: number): PastAnswer | null {
    const answer = this.answers.get(ref);
    return answer?.jobId === jobId ? answer : null;
  }

  /** Looks them up as soon as that is due. Called again while they are missed; one whose end is known is not asked for. */
  lookUp(jobs: readonly ForgottenJob[]): void {
    jobs.filter(({ ref, jobId }) => !this.of(ref, jobId)?.sight).forEach((job) => this.wanted.set(job.ref, job));
    if (this.wanted.size > 0 && this.underWay === null && performance.now() >= this.nextAt) {
      void this.askNow();
    }
  }

  /** Keeps nothing of the job, also not an answer that is still to come. */
  forget(ref: BackendRef): void {
    this.answers.delete(ref);
    this.wanted.delete(ref);
    this.underWay?.delete(ref);
  }

  private async askNow(): Promise<void> {
    const jobs = new Map(this.wanted);
    this.wanted.clear();
    this.underWay = jobs;
    this.failures = (await this.areAnswered(jobs)) ? 0 : this.failures + 1;
    this.underWay = null;
    this.nextAt = performance.now() + Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** Math.min(this.failures, 10));
  }

  private async areAnswered(jobs: ReadonlyMap<BackendRef, ForgottenJob>): Promise<boolean> {
    const askedAt = performance.now();
    let found: JobList | null;
    try {
      found = await this.ask({ jobIds: [...new Set([...jobs.values()].map(({ jobId }) => jobId))] });
    } catch {
      return false;
    }
    const over = new Map((found?.jobs ?? []).filter(({ words }) => isOver(words)).map((job) => [job.jobId, job]));
    // Whatever is not among the jobs of a list may be in what can't be read of it.
    const isWhole = (found?.unreadable ?? []).length === 0;
    for (const { ref, jobId, name } of jobs.values()) {
      const job = over.get(jobId);
      const sight = job?.name === name ? job : null;
      if (sight !== null || isWhole) {
        this.answers.set(ref, { jobId, sight, isOff: found === null, askedAt });
      }
    }
    return isWhole;
  }
}
