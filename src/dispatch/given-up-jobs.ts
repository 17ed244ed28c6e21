import { Injectable, Logger } from '@nestjs/common';
import type { Backend, BackendRef } from '../backends/backend';
import { BackendRegistry } from '../backends/backend-registry';
import { BackendUnavailableError, BackendUnclearError } from '../backends/backend.errors';
import { messageOf } from '../common/errors';
import { JobsRepository } from '../jobs/jobs.repository';

/** An attempt that was given up while its backend was out of reach. */
export interface GivenUp {
  readonly jobId: number;
  readonly service: string;
  readonly key: string;
  readonly ref: BackendRef | null;
  readonly backend: Backend;
}

/**
 * Attempts that were given up: they may still run, beyond the quotas. A backend that comes back gets no new job before
 * those are terminated. A mirror of the database, read again at start.
 */
@Injectable()
export class GivenUpJobs {
  private readonly logger = new Logger(GivenUpJobs.name);
  private readonly byService = new Map<string, Set<GivenUp>>();

  constructor(
    private readonly jobs: JobsRepository,
    private readonly backends: BackendRegistry,
  ) {}

  /** At start, before anything is handed over. */
  async load(): Promise<void> {
    for (const { id, service, givenUpKey, givenUpRef } of await this.jobs.listGivenUp()) {
      const backend = this.backends.of(service);
      if (backend && givenUpKey !== null) {
        this.add({ jobId: id, service, key: givenUpKey, ref: givenUpRef as BackendRef | null, backend });
      }
    }
  }

  add(attempt: GivenUp): void {
    const attempts = this.byService.get(attempt.service) ?? new Set();
    this.byService.set(attempt.service, attempts.add(attempt));
  }

  /** @throws BackendUnavailableError while one of the service's may still run */
  async terminateAll(service: string, signal: AbortSignal): Promise<void> {
    const attempts = this.byService.get(service) ?? new Set<GivenUp>();
    for (const attempt of attempts) {
      await this.terminate(attempt, signal);
      attempts.delete(attempt);
      await this.jobs.clearGivenUp(attempt.jobId);
      await this.release(attempt, signal);
    }
  }

  private async terminate(attempt: GivenUp, signal: AbortSignal): Promise<void> {
    try {
      await attempt.backend.terminate(attempt, attempt.ref, signal);
    } catch (error) {
      if (error instanceof BackendUnclearError && !error.retryable) {
        // It can never be asked about this one.
        return;
      }
      const text = `a job that was given up there may still run: ${messageOf(error)}`;
      throw new BackendUnavailableError(text, { cause: error });
    }
  }

  private async release({ jobId, ref, backend }: GivenUp, signal: AbortSignal): Promise<void> {
    if (ref === null) {
      return;
    }
    try {
      await backend.release(ref, signal);
      await this.jobs.markReleased(jobId);
    } catch (error) {
      // Its own retention frees it.
      this.logger.warn({ err: error, jobId }, 'a job that was given up could not be released');
    }
  }
}
