import { setMaxListeners } from 'node:events';
import { BackendUnavailableError } from '../backend.errors';
import { messageOf } from '../../common/errors';
import type { JobList, JobSight } from './job-sight';
import type { SlurmTransport } from './slurm-transport';
import type { SubmitRequest } from './submit-request';

const POLL_EVERY_MS = 1_000;
const MAX_POLL_EVERY_MS = 30_000;
/** A list takes at most a tenth of our time, and of the controller's. */
const SHARE = 10;
/** After an answer this recent the controller is not asked whether it is there. */
const ANSWERED_LATELY_MS = 5_000;
/** For so long after it has been away, the controller may not know its nodes yet. */
const AWAY_LATELY_MS = 60_000;

/** What SLURM knew of our jobs at one moment. */
export interface Snapshot {
  readonly jobs: ReadonlyMap<number, JobSight>;
  readonly unreadable: readonly string[];
  /** When it was asked for (performance.now()): a job submitted later may be missing. */
  readonly askedAt: number;
}

/** One cluster, whatever number of services use it: they share its lists, one at a time and one a second. */
export class SlurmCluster {
  private readonly stopper = new AbortController();
  private asking: { readonly snapshot: Promise<Snapshot>; readonly askedAt: number } | null = null;
  private latest: Snapshot | null = null;
  private pinging: Promise<void> | null = null;
  private lastAnswerAt = -Infinity;
  private lastFault: { readonly error: unknown; readonly at: number } | null = null;
  /** Lists that failed in a row. */
  private failures = 0;
  private lastTookMs = 0;

  constructor(readonly transport: SlurmTransport) {
    setMaxListeners(0, this.stopper.signal);
  }

  /** Ends what is under way: the program stops. */
  stop(): void {
    this.stopper.abort();
  }

  /** Between two lists: a second, more when the controller is slow or away. */
  get pollEveryMs(): number {
    const whileAway = this.failures === 0 ? 0 : POLL_EVERY_MS * 2 ** Math.min(this.failures, 5);
    return Math.min(MAX_POLL_EVERY_MS, Math.max(POLL_EVERY_MS, SHARE * this.lastTookMs, whileAway));
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
          this.noteFault(error);
          throw error;
        },
      )
      .finally(() => (this.pinging = null));
    await this.pinging;
  }

  /** The latest list, or a new one when that is due. @throws BackendUnavailableError, also while it is backing off */
  async poll(): Promise<Snapshot> {
    const now = performance.now();
    if (this.failures > 0 && this.lastFault && now - this.lastFault.at < this.pollEveryMs * 0.8) {
      throw this.lastFault.error;
    }
    // Not the whole pause: two services that ask a moment apart would else have a list each.
    return this.since(now - this.pollEveryMs * 0.8);
  }

  /** A list that was asked for at this moment or later. @throws BackendUnavailableError */
  async since(moment: number): Promise<Snapshot> {
    if (this.latest && this.latest.askedAt >= moment) {
      return this.latest;
    }
    if (this.asking && this.asking.askedAt < moment) {
      await this.asking.snapshot.catch(() => undefined);
    }
    return (this.asking ?? this.ask()).snapshot;
  }

  async submit(request: SubmitRequest, signal: AbortSignal): Promise<number> {
    const wasAway = this.lastFault !== null && performance.now() - this.lastFault.at < AWAY_LATELY_MS;
    try {
      return await this.transport.submit(request, wasAway, AbortSignal.any([signal, this.stopper.signal]));
    } catch (error) {
      // The next one asks first whether the controller is there.
      this.lastAnswerAt = -Infinity;
      throw error;
    }
  }

  private ask(): { readonly snapshot: Promise<Snapshot>; readonly askedAt: number } {
    const askedAt = performance.now();
    const snapshot = this.transport
      .list(this.stopper.signal)
      .then(
        (list) => this.keep(list, askedAt),
        (error: unknown) => {
          this.failures++;
          this.noteFault(error);
          throw error instanceof BackendUnavailableError
            ? error
            : new BackendUnavailableError(`SLURM: ${messageOf(error)}`, { cause: error });
        },
      )
      .finally(() => (this.asking = null));
    this.asking = { snapshot, askedAt };
    return this.asking;
  }

  private keep({ jobs, unreadable }: JobList, askedAt: number): Snapshot {
    this.failures = 0;
    this.lastTookMs = performance.now() - askedAt;
    this.noteAnswer();
    this.latest = { jobs: new Map(jobs.map((job) => [job.jobId, job])), unreadable, askedAt };
    return this.latest;
  }

  private noteAnswer(): void {
    this.lastAnswerAt = performance.now();
  }

  private noteFault(error: unknown): void {
    this.lastAnswerAt = -Infinity;
    this.lastFault = { error, at: performance.now() };
  }
}
