import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { archiveDirectory } from '../common/archive/archive-directory';
import { OrchestratorError } from '../common/errors';
import type { BackendRef } from '../backends/backend';
import { BackendLostJobError } from '../backends/backend.errors';
import { BackendRegistry } from '../backends/backend-registry';
import { isFinal } from '../jobs/job-state';
import { JobFiles } from '../jobs/job-files';
import { JobNotFoundError, JobStateError } from '../jobs/jobs.errors';
import { type Job, JobsRepository } from '../jobs/jobs.repository';
import { NOTE_NAME } from '../workload/archive-note';

/** The service of a job is not in the configuration any more. HTTP says 400. */
export class ServiceNotConfiguredError extends OrchestratorError {
  readonly code = 'service-not-configured';
  readonly retryable = false;

  constructor(
    readonly jobId: number,
    readonly job: Job,
  ) {
    super(`service ${job.service} is not configured any more`);
  }
}

/** Files of a job as they are now: an archive that is here, or one that the backend makes. */
export type PartialResults = { readonly archivePath: string } | { readonly stream: Readable };

/** Finds the files of a job in whatever state it is. */
@Injectable()
export class GetPartialResults {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    private readonly backends: BackendRegistry,
  ) {}

  /** @throws JobNotFoundError | JobStateError `job-has-no-files`, `no-partial-results` | ServiceNotConfiguredError, and a backend's errors */
  async get(id: number, signal: AbortSignal): Promise<PartialResults> {
    const job = await this.jobs.find(id);
    if (!job) {
      throw new JobNotFoundError(id);
    }
    if (job.status === 'Cleaned') {
      throw new JobStateError('job-has-no-files', id, job.status, 'its files were removed, retention is over');
    }
    if (this.files.hasArchive(job.loc)) {
      return { archivePath: this.files.archivePath(job.loc) };
    }
    const backend = this.backends.of(job.service);
    if (!backend) {
      throw new ServiceNotConfiguredError(id, job);
    }
    if (job.status === 'Invalid') {
      // It never ran: what was uploaded is all that there is.
      return { stream: archiveDirectory(this.files.inputDir(job.loc), { live: false, noteName: NOTE_NAME }) };
    }
    if (job.ref === null || isReleased(job)) {
      const text = isFinal(job.status)
        ? 'it never reached an executor, there are no files'
        : 'it has not reached an executor, there are no files yet';
      throw new JobStateError('job-has-no-files', id, job.status, text);
    }
    if (!isFinal(job.status) && !backend.capabilities(job.service).partialResults) {
      const text = 'what runs the jobs of this service gives no files before their end';
      throw new JobStateError('no-partial-results', id, job.status, text);
    }
    try {
      return { stream: await backend.fetch(job.ref as BackendRef, 'partial', signal) };
    } catch (error) {
      if (!(error instanceof OrchestratorError)) {
        throw error;
      }
      const code = error instanceof BackendLostJobError ? 'job-has-no-files' : 'job-files-not-given';
      throw new JobStateError(code, id, job.status, error.message);
    }
  }
}

/**
 * Nothing of the job is left at its backend. A job that had ended under the Rust program, which stored no times, was
 * never released: its files are there as long as its client keeps them.
 */
function isReleased(job: Job): boolean {
  return job.releasedAt !== null && job.submittedAt !== null;
}
