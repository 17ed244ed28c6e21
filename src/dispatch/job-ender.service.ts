import { Inject, Injectable, Logger } from '@nestjs/common';
import { backOff, delay } from '../common/delay';
import { failpoint } from '../common/failpoint';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { JobFiles } from '../jobs/job-files';
import { JobsRepository, type MoveDetails } from '../jobs/jobs.repository';
import type { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { CollectResults } from './collect-results.service';
import { GivenUpJobs } from './given-up-jobs';

/** The ends of a job that the dispatcher can store. */
export type EndState = 'Completed' | 'Failed' | 'Invalid' | 'Killed';

const RELEASE_BACK_OFF = { firstMs: 500, maxMs: 15_000 };
/** A backend that doesn't take the release frees the job by its own retention. */
const RELEASE_ATTEMPTS = 20;

/** Stores how jobs end, and clears up after them. */
@Injectable()
export class JobEnder {
  private readonly logger = new Logger(JobEnder.name);

  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    private readonly active: ActiveJobs,
    private readonly collect: CollectResults,
    private readonly givenUp: GivenUpJobs,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /**
   * Moves the job to its end, unless another end was first; then lets go of it here and at the backend.
   * @returns whether this end was stored
   */
  async end(job: ActiveJob, state: EndState, details: MoveDetails): Promise<boolean> {
    const from = await this.jobs.move(job.id, state, details);
    job.isEnding = true;
    job.abort.abort();
    this.active.remove(job);
    if (from === null) {
      return false;
    }
    failpoint('end:stored');
    job.status = state;
    this.logger.log(
      { jobId: job.id, from, exitCode: details.exitCode },
      [`job ended ${state}`, details.message].filter(Boolean).join(': '),
    );
    void this.settle(job);
    return true;
  }

  /**
   * The job's attempt came to nothing by no fault of its script: the job waits for another, if its service allows one
   * and nobody wants it terminated; else it has failed.
   * @param there whether the attempt may still run at a backend that is out of reach
   */
  async lose(job: ActiveJob, reason: string, there: 'gone' | 'may still run'): Promise<void> {
    const givenUp = there === 'gone' ? {} : { givenUpKey: job.key, givenUpRef: job.ref };
    if (await this.repeat(job, reason, givenUp)) {
      return;
    }
    job.isGivenUp = there === 'may still run';
    if ((await this.end(job, 'Failed', { message: reason, ...givenUp })) && job.isGivenUp) {
      this.givenUp.add({ ...job, jobId: job.id });
    }
  }

  /**
   * Has the job wait for another attempt, if there may be one.
   * @param givenUp the old attempt, where it may still run: it is ended before the backend gets another job
   */
  async repeat(job: ActiveJob, reason: string, givenUp: MoveDetails = {}): Promise<boolean> {
    const maxAttempts = this.config.services.get(job.service)?.maxAttempts ?? 1;
    if (job.attempt >= maxAttempts || (await this.jobs.find(job.id))?.terminateAt !== null) {
      return false;
    }
    job.isEnding = true;
    job.abort.abort();
    this.active.remove(job);
    const message = `attempt ${job.attempt} of ${maxAttempts} was lost: ${reason}`;
    this.logger.warn({ jobId: job.id }, message);
    if (givenUp.givenUpKey != null) {
      this.givenUp.add({ ...job, jobId: job.id });
    } else if (job.ref !== null) {
      this.release(job, job.ref).catch((error: unknown) => {
        this.logger.warn({ err: error, jobId: job.id }, 'a lost attempt could not be released');
      });
    }
    await this.jobs.move(job.id, 'Queued', { message, ref: null, attempt: job.attempt + 1, ...givenUp });
    return true;
  }

  /**
   * After the end: fetches the files of a killed job, which nobody waited for, and lets the backend forget the job.
   * Done again at the next start when a crash comes between.
   */
  async settle(job: ActiveJob): Promise<void> {
    const stop = this.active.stopping;
    try {
      const hasArchive = this.files.hasArchive(job.loc);
      if (job.ref !== null && job.status === 'Killed' && !hasArchive) {
        await this.collect.once(job, 'partial', stop).catch((error: unknown) => {
          this.logger.warn({ err: error, jobId: job.id }, 'the files of a terminated job could not be fetched');
        });
      }
      // An invalid job's input is all that there is of it.
      if (this.files.hasArchive(job.loc)) {
        await this.files.dropInput(job.loc);
      }
      // What was given up is released once it is terminated.
      if (job.ref !== null && !job.isGivenUp) {
        await this.release(job, job.ref);
        await this.jobs.markReleased(job.id);
      }
    } catch (error) {
      if (!stop.aborted) {
        this.logger.warn({ err: error, jobId: job.id }, 'clearing up after a job was interrupted');
      }
    }
  }

  private async release(job: ActiveJob, ref: NonNullable<ActiveJob['ref']>): Promise<void> {
    const stop = this.active.stopping;
    for (let attempt = 1; ; attempt++) {
      try {
        await job.backend.release(ref, stop);
        return;
      } catch (error) {
        if (stop.aborted || attempt >= RELEASE_ATTEMPTS) {
          throw error;
        }
        await delay(backOff(attempt, RELEASE_BACK_OFF), stop);
      }
    }
  }
}
