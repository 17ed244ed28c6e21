import { Injectable } from '@nestjs/common';
import { JobsRepository } from '../jobs/jobs.repository';
import type { ActiveJob } from './active-job';

/** Says in the row of a job that isn't final what holds it up. */
@Injectable()
export class JobNotes {
  constructor(private readonly jobs: JobsRepository) {}

  /** Stores the text if it is news. Losing a note loses nothing else, so a failure to store it is no error. */
  async say(job: ActiveJob, text: string): Promise<void> {
    if (job.note === text) {
      return;
    }
    job.note = text;
    await this.jobs
      .note(job.id, text, ['Processing', 'Submitted', 'Prepared', 'Running', 'Locked'])
      .catch(() => undefined);
  }
}
