import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import type { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { JobEnder } from './job-ender.service';

const LOOK_EVERY_MS = 5_000;
/** A backend that keeps the limit itself takes its grace: leave it the time to say so. */
const LEEWAY_MS = 45_000;

/** Ends jobs that run longer than MAX_RUNTIME at a backend that doesn't keep the limit itself. */
@Injectable()
export class Overtime {
  private readonly logger = new Logger(Overtime.name);
  private readonly underWay = new Set<ActiveJob>();

  constructor(
    private readonly active: ActiveJobs,
    private readonly ender: JobEnder,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  @Interval(LOOK_EVERY_MS)
  look(): void {
    for (const { name, maxRuntimeMs } of this.config.services.values()) {
      for (const job of maxRuntimeMs === null ? [] : this.active.atBackend(name)) {
        const ranMs = job.runningSince === null ? 0 : performance.now() - job.runningSince;
        const leewayMs = job.backend.capabilities(name).walltime ? LEEWAY_MS : 0;
        if (maxRuntimeMs !== null && ranMs > maxRuntimeMs + leewayMs && !this.underWay.has(job)) {
          this.underWay.add(job);
          void this.stop(job, maxRuntimeMs).finally(() => this.underWay.delete(job));
        }
      }
    }
  }

  private async stop(job: ActiveJob, maxRuntimeMs: number): Promise<void> {
    try {
      await job.backend.terminate(job, job.ref, this.active.stopping);
      await this.ender.end(job, 'Failed', { message: `ran longer than ${maxRuntimeMs / 1000} s (MAX_RUNTIME)` });
    } catch (error) {
      this.logger.warn({ err: error, jobId: job.id }, 'a job that runs too long could not be ended, it is tried again');
    }
  }
}
