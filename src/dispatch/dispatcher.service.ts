import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { backOff } from '../common/delay';
import { messageOf } from '../common/errors';
import { outsideRequests } from '../common/outside-requests';
import { BackendRegistry } from '../backends/backend-registry';
import type { Backend } from '../backends/backend';
import { JobEvents, type JobMoved } from '../jobs/job-events';
import { isActive } from '../jobs/job-state';
import { JobsRepository } from '../jobs/jobs.repository';
import { QuotaBook } from '../quotas/quota-book';
import type { ServiceQueue } from '../quotas/service-queue';
import { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { GivenUpJobs } from './given-up-jobs';
import { HandOver } from './hand-over.service';
import { UploadBurst } from './upload-burst';

/** Hand-overs of one service under way at a time; what is over it waits in the queue, holding no slot. */
const CONCURRENT_HAND_OVERS = 8;
/** How soon to look again whether a burst of uploads is over: portals get their answers first, jobs start a moment later. */
const BURST_LOOK_MS = 100;
const BACK_OFF = { firstMs: 250, maxMs: 15_000 };

/** What the dispatcher knows of one service. */
interface Line {
  handOvers: number;
  /** When the last hand-over began, on the clock of `performance.now()`. */
  begunAt: number;
  isPumping: boolean;
  /** Something happened that the pump has not looked at yet. */
  isWanted: boolean;
  /** Refusals in a row; 0 while all is well. */
  refusals: number;
  /** Why jobs of this service are not handed over. */
  reason: string | null;
  /** Set while the service is left alone after a refusal. */
  retry: NodeJS.Timeout | null;
  /** Set while the next hand-over is put off for a burst of uploads. */
  putOff: NodeJS.Timeout | null;
}

/**
 * Moves jobs from the queue to their backends. Woken by events: an upload, a freed slot, a backend that is back.
 * Services don't wait for each other.
 */
@Injectable()
export class Dispatcher implements OnModuleDestroy {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly lines = new Map<string, Line>();
  private readonly burst = new UploadBurst();
  private readonly subscription: Subscription;

  constructor(
    private readonly jobs: JobsRepository,
    private readonly quotas: QuotaBook,
    private readonly backends: BackendRegistry,
    private readonly active: ActiveJobs,
    private readonly handOver: HandOver,
    private readonly givenUp: GivenUpJobs,
    events: JobEvents,
  ) {
    this.subscription = events.moved.subscribe((moved) => this.onMoved(moved));
  }

  onModuleDestroy(): void {
    this.subscription.unsubscribe();
    this.lines.forEach((line) => {
      clearTimeout(line.retry ?? undefined);
      clearTimeout(line.putOff ?? undefined);
    });
  }

  /** Looks whether jobs of the service may go. */
  wake(service: string): void {
    const line = this.line(service);
    line.isWanted = true;
    if (!line.isPumping && line.retry === null) {
      line.isPumping = true;
      outsideRequests(() => {
        setImmediate(() => {
          this.pumpWhileWanted(service, line).catch((error: unknown) => {
            line.isPumping = false;
            this.logger.error({ err: error, service }, 'the queue could not be looked at');
          });
        });
      });
    }
  }

  /** The service's backend has shown that it is there: no need to wait for the next try. */
  backendIsBack(service: string): void {
    const line = this.line(service);
    clearTimeout(line.retry ?? undefined);
    line.retry = null;
    this.wake(service);
  }

  /** Why a queued job waits; empty when it is about to go. */
  holdReason(service: string, userId: number): string {
    if (!this.backends.of(service)) {
      return `waiting: service ${service} is not configured any more`;
    }
    return this.line(service).reason ?? this.quotas.of(service).holdReason(userId) ?? '';
  }

  /** Why the last hand-over of this service was refused for now; `null` when none was, or one has succeeded since. */
  refusalOf(service: string): string | null {
    return this.lines.get(service)?.reason ?? null;
  }

  /** Goes on with a hand-over that an earlier server began. Its slot is taken already. */
  resume(job: ActiveJob): void {
    this.run(job.id, job.service, this.line(job.service), () => this.handOver.resume(job));
  }

  private onMoved({ id, userId, service, from, to }: JobMoved): void {
    if (from === null) {
      this.burst.note(performance.now());
    }
    const queue = this.quotas.of(service);
    if (to === 'Queued') {
      queue.release(id);
      queue.enqueue(id, userId);
    } else if (isActive(to)) {
      queue.occupy(id, userId);
      return;
    } else {
      queue.withdraw(id, userId);
      queue.release(id);
    }
    this.wake(service);
  }

  private async pumpWhileWanted(service: string, line: Line): Promise<void> {
    while (line.isWanted && !this.active.stopping.aborted) {
      line.isWanted = false;
      await this.pump(service, line);
    }
    line.isPumping = false;
  }

  private async pump(service: string, line: Line): Promise<void> {
    const backend = this.backends.of(service);
    const queue = this.quotas.of(service);
    if (!backend || !queue.mayServe) {
      return;
    }
    try {
      await backend.ready(service, this.active.stopping);
      await this.givenUp.terminateAll(service, this.active.stopping);
    } catch (error) {
      this.refused(service, line, messageOf(error));
      return;
    }
    while (line.handOvers < CONCURRENT_HAND_OVERS && line.retry === null && !this.active.stopping.aborted) {
      if (this.burst.putsOff(line.handOvers, line.begunAt, performance.now())) {
        line.putOff ??= setTimeout(() => {
          line.putOff = null;
          this.wake(service);
        }, BURST_LOOK_MS);
        return;
      }
      const id = queue.next();
      if (id === null) {
        return;
      }
      line.begunAt = performance.now();
      this.run(id, service, line, () => this.take(id, backend, queue));
    }
  }

  private async take(id: number, backend: Backend, queue: ServiceQueue): ReturnType<HandOver['begin']> {
    try {
      if ((await this.jobs.move(id, 'Processing', { message: '' })) === null) {
        return { done: true };
      }
    } catch (error) {
      queue.giveBack(id);
      throw error;
    }
    const job = await this.jobs.find(id);
    if (!job) {
      queue.release(id);
      throw new Error(`job ${id} is gone from the database`);
    }
    return this.handOver.begin(new ActiveJob(job, backend));
  }

  private run(id: number, service: string, line: Line, work: () => ReturnType<HandOver['begin']>): void {
    line.handOvers++;
    work()
      .then((result) => {
        if (!result.done) {
          this.refused(service, line, result.refused);
        } else {
          line.refusals = 0;
          line.reason = null;
        }
      })
      .catch((error: unknown) => {
        this.logger.error({ err: error, jobId: id, service }, 'a job could not be handed over');
        this.refused(service, line, 'the server could not hand the job over, see its log');
      })
      .finally(() => {
        line.handOvers--;
        this.wake(service);
      });
  }

  /** Leaves the service alone for a while. Jobs of it stay queued and hold no slot. */
  private refused(service: string, line: Line, reason: string): void {
    if (this.active.stopping.aborted) {
      return;
    }
    if (line.reason !== reason) {
      this.logger.warn({ service }, `no hand-over: ${reason}`);
    }
    line.reason = reason;
    if (line.retry === null) {
      line.refusals++;
      line.retry = setTimeout(() => this.backendIsBack(service), backOff(line.refusals, BACK_OFF));
    }
  }

  private line(service: string): Line {
    let line = this.lines.get(service);
    if (!line) {
      line = {
        handOvers: 0,
        begunAt: -Infinity,
        isPumping: false,
        isWanted: false,
        refusals: 0,
        reason: null,
        retry: null,
        putOff: null,
      };
      this.lines.set(service, line);
    }
    return line;
  }
}
