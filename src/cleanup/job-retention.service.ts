import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { JobFiles } from '../jobs/job-files';
import { type Job, JobsRepository } from '../jobs/jobs.repository';

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
      for (const job of await this.jobs.listExpired(Date.now() - this.config.maxAgeMs, BATCH)) {
        if ((await this.jobs.move(job.id, 'Cleaned')) !== null) {
          await this.removeFiles(job);
        }
      }
      for (const job of await this.jobs.listUnremoved(BATCH)) {
        await this.removeFiles(job);
      }
    } catch (error) {
      this.logger.error({ err: error }, 'cleanup was interrupted');
    } finally {
      this.isRunning = false;
    }
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
