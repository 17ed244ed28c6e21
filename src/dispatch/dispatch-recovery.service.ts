import { mkdir } from 'node:fs/promises';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackendListener } from '../backends/backend';
import { BackendRegistry } from '../backends/backend-registry';
import { JobFiles } from '../jobs/job-files';
import { isActive } from '../jobs/job-state';
import { type Job, JobsRepository } from '../jobs/jobs.repository';
import { QuotaBook } from '../quotas/quota-book';
import { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { Dispatcher } from './dispatcher.service';
import { GivenUpJobs } from './given-up-jobs';
import { JobEnder } from './job-ender.service';
import { TakeOver } from './take-over.service';
import { Terminator } from './terminator.service';
import { Tracker } from './tracker.service';

/** At start, before the first request: every job goes on from where an earlier server left it. */
@Injectable()
export class DispatchRecovery implements OnApplicationBootstrap {
  private readonly logger = new Logger(DispatchRecovery.name);

  constructor(
    private readonly takeOver: TakeOver,
    private readonly givenUp: GivenUpJobs,
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    private readonly quotas: QuotaBook,
    private readonly backends: BackendRegistry,
    private readonly active: ActiveJobs,
    private readonly dispatcher: Dispatcher,
    private readonly tracker: Tracker,
    private readonly ender: JobEnder,
    private readonly terminator: Terminator,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await mkdir(this.files.root, { recursive: true });
    await this.takeOver.run();
    await this.givenUp.load();
    const live = await this.jobs.listLive();
    // Slots first, all of them: nothing may be handed over before they are counted.
    for (const job of live) {
      const queue = this.quotas.of(job.service);
      if (isActive(job.status)) {
        queue.occupy(job.id, job.userId);
      } else {
        queue.enqueue(job.id, job.userId);
      }
    }
    live.filter((job) => isActive(job.status)).forEach((job) => this.goOn(job));
    live.filter((job) => job.terminateAt !== null).forEach((job) => void this.terminator.carryOut(job.id));
    for (const job of await this.jobs.listUnreleased()) {
      const backend = this.backends.of(job.service);
      if (backend) {
        void this.ender.settle(new ActiveJob(job, backend));
      }
    }
    this.listen();
    new Set(live.map((job) => job.service)).forEach((service) => this.dispatcher.wake(service));
  }

  private goOn(row: Job): void {
    const backend = this.backends.of(row.service);
    if (!backend) {
      this.logger.warn({ jobId: row.id }, `service ${row.service} is not configured any more: its job can't go on`);
      return;
    }
    const job = new ActiveJob(row, backend);
    if (job.ref === null) {
      this.dispatcher.resume(job);
    } else {
      this.active.add(job);
      void this.tracker.track(job);
    }
  }

  private listen(): void {
    const listener: BackendListener = {
      report: (ref, key, report, service) => this.tracker.hear(ref, key, report, service),
      gap: (services) => {
        for (const service of services) {
          this.dispatcher.backendIsBack(service);
          this.tracker.hurry(service);
          this.tracker.poll(service).catch((error: unknown) => {
            this.logger.error({ err: error, service }, 'a poll failed');
          });
        }
      },
    };
    for (const backend of this.backends.all()) {
      backend.watch?.(listener, this.active.stopping);
    }
  }
}
