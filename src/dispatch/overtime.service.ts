import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { overtimeText } from '../workload/script-end';
import type { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { JobEnder } from './job-ender.service';

const LOOK_EVERY_MS = 5_000;
/** A backend of which it isn't known yet whether it keeps the limit may take its grace. */
const LEEWAY_MS = 45_000;

/**
 * Ends jobs that run longer than they may, at backends that don't keep the limit. One that does knows better how long the
 * script has run: it may have been suspended, or what comes before and after it doesn't count.
 */
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
      for (const job of this.active.atBackend(name)) {
        const { walltime } = job.backend.capabilities(name);
        const limitMs = walltime === true ? null : (job.wishes.walltimeMs ?? maxRuntimeMs);
        const leewayMs = walltime === false ? 0 : LEEWAY_MS;
        const ranMs = job.runningSince === null ? 0 : performance.now() - job.runningSince;
        if (limitMs !== null && ranMs > limitMs + leewayMs && !this.underWay.has(job) && !job.isEnding) {
          this.underWay.add(job);
          void this.stop(job, limitMs).finally(() => this.underWay.delete(job));
        }
      }
    }
  }

  private async stop(job: ActiveJob, limitMs: number): Promise<void> {
    try {
      job.overtimeMs = limitMs;
      await job.backend.terminate(job, job.ref, this.active.stopping);
      // It may have ended by itself in time, and its results be on their way.
      if (!job.isEnding) {
        await this.ender.end(job, 'Failed', { message: overtimeText(limitMs) });
      }
    } catch (error) {
      this.logger.warn({ err: error, jobId: job.id }, 'a job that runs too long could not be ended, it is tried again');
    }
  }
}
