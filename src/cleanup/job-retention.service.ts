import { Inject, Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../common/failpoint';
import { Interval } from '@nestjs/schedule';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { JobFiles } from '../jobs/job-files';
import { type Job, JobsRepository, type ServiceChoice, UPLOAD_KEY_AGE_MS } from '../jobs/jobs.repository';

const LOOK_EVERY_MS = 15_000;
const BATCH = 500;

/** Removes the files of jobs that ended longer ago than MAX_AGE; their rows stay and answer `Cleaned`. */
@Injectable()
export class JobRetention {
  private readonly logger = new Logger(JobRetention.name);
  private readonly reported = new Set<number>();
  private isRunning = false;

  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  @Interval(LOOK_EVERY_MS)
  async sweep(): Promise<void> {
    if (this.isRunning) {
      return;
    }
    this.isRunning = true;
    try {
      const now = Date.now();
      for (const { services, maxAgeMs } of this.retentions()) {
        for (const job of await this.jobs.listExpired(services, now - maxAgeMs, BATCH)) {
          if ((await this.jobs.move(job.id, 'Cleaned')) !== null) {
            failpoint('cleanup:moved');
            await this.removeFiles(job);
          }
        }
      }
      await this.jobs.forgetUploadKeys(now - UPLOAD_KEY_AGE_MS);
      for (const job of await this.jobs.listUnremoved(BATCH)) {
        await this.removeFiles(job);
      }
    } catch (error) {
      this.logger.error({ err: error }, 'cleanup was interrupted');
    } finally {
      this.isRunning = false;
    }
  }

  /** Services with a retention of their own, and all others, those that are configured no longer included. */
  private retentions(): { services: ServiceChoice; maxAgeMs: number }[] {
    const own = [...this.config.services.values()].filter(({ maxAgeMs }) => maxAgeMs !== this.config.maxAgeMs);
    return [
      ...own.map(({ name, maxAgeMs }) => ({ services: { only: name }, maxAgeMs })),
      { services: { allBut: own.map(({ name }) => name) }, maxAgeMs: this.config.maxAgeMs },
    ];
  }

  /** One directory that can't be removed doesn't stop the others: it is reported once and tried again. */
  private async removeFiles(job: Job): Promise<void> {
    try {
      await this.files.remove(job.loc);
      await this.jobs.markRemoved(job.id);
      this.reported.delete(job.id);
    } catch (error) {
      if (!this.reported.has(job.id)) {
        this.reported.add(job.id);
        this.logger.error({ err: error, jobId: job.id }, 'a directory could not be removed, it is tried again');
      }
    }
  }
}
