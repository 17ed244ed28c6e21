import { Injectable } from '@nestjs/common';
import { BackendUnavailableError } from '../backends/backend.errors';
import { messageOf } from '../common/errors';
import type { ActiveJob } from './active-job';

/**
 * Jobs that were given up while their backend was out of reach: they may still run there, beyond the quotas. A backend
 * that comes back gets no new job before those are terminated.
 */
@Injectable()
export class GivenUpJobs {
  private readonly byService = new Map<string, Set<ActiveJob>>();

  add(job: ActiveJob): void {
    const jobs = this.byService.get(job.service) ?? new Set();
    this.byService.set(job.service, jobs.add(job));
  }

  /** @throws BackendUnavailableError while one of the service's may still run */
  async terminateAll(service: string, signal: AbortSignal): Promise<void> {
    const jobs = this.byService.get(service) ?? new Set<ActiveJob>();
    for (const job of jobs) {
      try {
        await job.backend.terminate(job, job.ref, signal);
        jobs.delete(job);
      } catch (error) {
        throw new BackendUnavailableError(`a job that was given up there may still run: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
  }
}
