import { setMaxListeners } from 'node:events';
import { delay } from '../../common/delay';
import { messageOf } from '../../common/errors';
import { BackendUnavailableError } from '../backend.errors';
import type { JobList, JobSight } from './job-sight';
import type { PastQuery, SlurmTransport } from './slurm-transport';
import type { SubmitRequest } from './submit-request';

const POLL_EVERY_MS = 1_000;
const MAX_POLL_EVERY_MS = 30_000;
/** From one list to the next goes so many times what a list takes: a slow controller has time for others, too. */
const SHARE = 4;
/** Lists whose mean counts: one that a busy moment held up must not silence us for long. */
const LISTS_COUNTED = 5;
/** After an answer this recent the controller is not asked whether it is there. */
const ANSWERED_LATELY_MS = 5_000;
/** For so long after it has been away, the controller may not know its nodes yet. */
const FRESH_MS = 60_000;

/** What SLURM knew of our jobs at one moment. */
export interface Snapshot {
  readonly jobs: ReadonlyMap<number, JobSight>;
  readonly unreadable: readonly string[];
  /** When it was asked for (performance.now()): a job submitted later may be missing. */
  readonly askedAt: number;
}

/**
 * One cluster, whatever number of services use it: they share its lists. These are one at a time and one a second (less
 * when it is slow or away); who can't do with the latest may have one more in a second.
 */
export class SlurmCluster {
  private readonly stopper = new AbortController();
  private asking: { readonly snapshot: Promise<Snapshot>; readonly askedAt: number } | null = null;
  private latest: Snapshot | null = null;
  private pinging: Promise<void> | null = null;
  /** When a list was asked for that could not wait. */
  private freshListAt = -Infinity;
  /** The last answer that no fault has followed. */
  private lastAnswerAt = -Infinity;
  private heardAt = -Infinity;
  /** Since then it has answered without a fault, and was never silent for so long that it may have been away unseen. */
  private steadySince: number | null = null;
  private lastFault: { readonly error: BackendUnavailableError; readonly at: number } | null = null;
  /** Lists that failed in a row. */
  private failures = 0;
  /** What the last lists took, the newest at the end. */
  private tookMs: readonly number[] = [];

  constructor(readonly transport: SlurmTransport) {
    setMaxListeners(0, this.stopper.signal);
  }

  /** Ends what is under way: the program stops. */
  stop(): void {
    this.stopper.abort();
    this.transport.close();
  }

  /** Between two lists: a second, more when the controller is slow or away. */
  get pollEveryMs(): number {
    const whileAway = this.failures === 0 ? 0 : POLL_EVERY_MS * 2 ** Math.min(this.failures, 5);
    const meanMs = this.tookMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, this.tookMs.length);
    return Math.min(MAX_POLL_EVERY_MS, Math.max(POLL_EVERY_MS, SHARE * meanMs, whileAway));
  }

  /** Whether SLURM says now that it will not be spoken to like this; `null`: no, or it can't be reached. */
  async refusal(): Promise<string | null> {
    const fault = await this.transport.refusal(this.stopper.signal);
    return fault === null ? null : `is refused: ${fault}`;
  }

  /** @throws BackendUnavailableError saying what is wrong */
  async ready(): Promise<void> {
    if (performance.now() - this.lastAnswerAt < ANSWERED_LATELY_MS) {
      return;
    }
    this.pinging ??= this.transport
      .ping(this.stopper.signal)
      .then(
        () => this.noteAnswer(),
        (error: unknown) => {
          throw this.noteFault(error);
        },
      )
      .finally(() => (this.pinging = null));
    await this.pinging;
  }

  /** The latest list, or a new one when that is due. @throws BackendUnavailableError, also while it is backing off */
  async poll(): Promise<Snapshot> {
    const moment = performance.now() - this.pauseMs;
    await this.endOfOlderThan(moment);
    return this.known(moment) ?? this.ask();
  }

  /**
   * A list that was asked for at this moment or later: at once, unless somebody had one for this a moment ago; then after
   * a pause. @throws BackendUnavailableError, also while it is backing off
   */
  async since(moment: number): Promise<Snapshot> {
    for (;;) {
      await this.endOfOlderThan(moment);
      const known = this.known(moment);
      if (known) {
        return known;
      }
      const waitMs = this.freshListAt + this.pauseMs - performance.now();
      if (waitMs <= 0 || this.stopper.signal.aborted) {
        this.freshListAt = performance.now();
        return this.ask();
      }
      await delay(waitMs, this.stopper.signal);
    }
  }

  /** As SlurmTransport.past, for as long as the program runs. */
  async past(query: PastQuery): Promise<JobList | null> {
    return this.transport.past(query, this.stopper.signal);
  }

  async submit(request: SubmitRequest, signal: AbortSignal): Promise<number> {
    const isFresh = this.isFresh();
    try {
      const jobId = await this.transport.submit(request, isFresh, AbortSignal.any([signal, this.stopper.signal]));
      this.noteAnswer();
      return jobId;
    } catch (error) {
      // The next one asks first whether the controller is there.
      this.lastAnswerAt = -Infinity;
      throw error;
    }
  }

  /** Not the whole time between two lists: two services that ask a moment apart would else have a list each. */
  private get pauseMs(): number {
    return this.pollEveryMs * 0.8;
  }

  /** The controller may have been started a moment ago, as far as we can tell. */
  private isFresh(): boolean {
    const now = performance.now();
    return this.steadySince === null || now - this.steadySince < FRESH_MS || now - this.heardAt > FRESH_MS;
  }

  /** There is never more than one list under way. */
  private async endOfOlderThan(moment: number): Promise<void> {
    if (this.asking && this.asking.askedAt < moment) {
      await this.asking.snapshot.catch(() => undefined);
    }
  }

  /** A list that is new enough, if there is one or one is under way. @throws BackendUnavailableError while backing off */
  private known(moment: number): Snapshot | Promise<Snapshot> | null {
    if (this.latest && this.latest.askedAt >= moment) {
      return this.latest;
    }
    if (this.asking) {
      return this.asking.snapshot;
    }
    if (this.failures > 0 && this.lastFault && performance.now() - this.lastFault.at < this.pauseMs) {
      throw this.lastFault.error;
    }
    return null;
  }

  private async ask(): Promise<Snapshot> {
    const askedAt = performance.now();
    const snapshot = this.transport
      .list(this.stopper.signal)
      .then(
        (list) => this.keep(list, askedAt),
        (error: unknown) => {
          this.failures++;
          throw this.noteFault(error);
        },
      )
      .finally(() => (this.asking = null));
    this.asking = { snapshot, askedAt };
    return snapshot;
  }

  private keep({ jobs, unreadable }: JobList, askedAt: number): Snapshot {
    this.failures = 0;
    this.tookMs = [...this.tookMs, performance.now() - askedAt].slice(-LISTS_COUNTED);
    this.noteAnswer();
    this.latest = { jobs: new Map(jobs.map((job) => [job.jobId, job])), unreadable, askedAt };
    return this.latest;
  }

  private noteAnswer(): void {
    const now = performance.now();
    if (this.steadySince === null || now - this.heardAt > FRESH_MS) {
      this.steadySince = now;
    }
    this.heardAt = now;
    this.lastAnswerAt = now;
  }

  private noteFault(cause: unknown): BackendUnavailableError {
    const error =
      cause instanceof BackendUnavailableError
        ? cause
        : new BackendUnavailableError(`SLURM: ${messageOf(cause)}`, { cause });
    this.lastAnswerAt = -Infinity;
    this.steadySince = null;
    this.lastFault = { error, at: performance.now() };
    return error;
  }
}
