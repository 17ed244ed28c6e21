import { Injectable, Logger } from '@nestjs/common';
import { backOff, delay } from '../common/delay';
import { messageOf } from '../common/errors';
import { outsideRequests } from '../common/outside-requests';
import { isFinal } from '../jobs/job-state';
import { JobNotFoundError, JobStateError } from '../jobs/jobs.errors';
import { type Job, JobsRepository } from '../jobs/jobs.repository';
import type { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { JobEnder } from './job-ender.service';
import { JobNotes } from './job-notes.service';
import { Tracker } from './tracker.service';

/** Somebody waits for the answer; after this the wish is carried out behind the scenes. */
const ANSWER_WITHIN_MS = 35_000;
const BACK_OFF = { firstMs: 50, maxMs: 5_000 };

export const TERMINATED = 'terminated on request';

/** Ends jobs on request, in whatever state they are. */
@Injectable()
export class Terminator {
  private readonly logger = new Logger(Terminator.name);
  private readonly underWay = new Map<number, Promise<void>>();

  constructor(
    private readonly jobs: JobsRepository,
    private readonly active: ActiveJobs,
    private readonly ender: JobEnder,
    private readonly tracker: Tracker,
    private readonly notes: JobNotes,
  ) {}

  /**
   * Resolves once nothing of the job can run any more and it is `Killed`. The wish is stored first, and carried out
   * even if this fails. Repeatable; concurrent callers share one termination.
   * @throws JobNotFoundError
   * @throws JobStateError `job-has-ended` by itself: state and results stay; `job-not-terminated`: not confirmed in
   * time, the job is `Locked` and keeps its slot until it is
   */
  async terminate(id: number): Promise<void> {
    const wished = await this.jobs.wishTermination(id);
    if (wished) {
      const isDone = await Promise.race([
        this.carryOut(id).then(() => true),
        delay(ANSWER_WITHIN_MS, this.active.stopping).then(() => false),
      ]);
      if (!isDone) {
        await this.lock(id);
      }
    }
    const job = await this.jobs.find(id);
    if (!job) {
      throw new JobNotFoundError(id);
    }
    if (job.status === 'Killed') {
      return;
    }
    throw isFinal(job.status)
      ? new JobStateError('job-has-ended', id, job.status, `job ${id} has ended already: ${job.status}`)
      : new JobStateError('job-not-terminated', id, job.status, 'could not terminate job');
  }

  /** Carries a stored wish out, however long it takes. Resolves when the job has ended, this way or another. */
  carryOut(id: number): Promise<void> {
    let work = this.underWay.get(id);
    if (!work) {
      work = outsideRequests(() => this.insist(id)).finally(() => this.underWay.delete(id));
      this.underWay.set(id, work);
    }
    return work;
  }

  private async insist(id: number): Promise<void> {
    for (let attempt = 1; !this.active.stopping.aborted; attempt++) {
      try {
        const job = await this.jobs.find(id);
        if (!job || isFinal(job.status)) {
          return;
        }
        await this.tryOnce(job);
        if (isFinal((await this.jobs.find(id))?.status ?? 'Cleaned')) {
          return;
        }
      } catch (error) {
        const text = `termination: ${messageOf(error)}`;
        const job = this.active.get(id);
        if (job?.note !== text) {
          this.logger.warn({ jobId: id }, `not confirmed yet, it is tried again: ${text}`);
        }
        if (job) {
          await this.notes.say(job, text);
        }
      }
      await delay(backOff(attempt, BACK_OFF), this.active.stopping);
    }
  }

  private async tryOnce(row: Job): Promise<void> {
    if (row.status === 'Queued') {
      await this.jobs.move(row.id, 'Killed', { message: TERMINATED });
      return;
    }
    const job = this.active.get(row.id);
    if (!job) {
      // Between two states: the next look finds it.
      return;
    }
    await job.backend.terminate(job, job.ref, this.active.stopping);
    if (job.ref === null) {
      // By key: the backend refuses it from now on, also when the hand-over that is under way gets through.
      await this.ender.end(job, 'Killed', { message: TERMINATED });
      return;
    }
    await this.concludeAtBackend(job, job.ref);
  }

  /** The backend says that nothing of the job runs any more: whether by our wish or by itself, it knows. */
  private async concludeAtBackend(job: ActiveJob, ref: NonNullable<ActiveJob['ref']>): Promise<void> {
    const report = (await job.backend.poll([ref], this.active.stopping)).get(ref);
    if (report?.state === 'killed' || report?.state === 'lost') {
      await this.ender.end(job, 'Killed', {
        message: TERMINATED,
        exitCode: report.exitCode,
        signal: report.signal,
      });
    } else if (report) {
      await this.tracker.apply(job, report);
    }
  }

  private async lock(id: number): Promise<void> {
    const job = this.active.get(id);
    if ((await this.jobs.move(id, 'Locked', {})) !== null && job) {
      job.status = 'Locked';
    }
  }
}
