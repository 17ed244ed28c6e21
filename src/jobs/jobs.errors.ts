import { OrchestratorError } from '../common/errors';
import type { Status } from '../wire/status';

/** No job of that id. HTTP says 404. */
export class JobNotFoundError extends OrchestratorError {
  readonly code = 'job-not-found';
  readonly retryable = false;

  constructor(readonly jobId: number) {
    super(`Job ${jobId} not found in the database`);
  }
}

/** The job is in a state in which this can't be had. `code` says which HTTP status follows. */
export class JobStateError extends OrchestratorError {
  readonly retryable = false;

  constructor(
    readonly code:
      'job-has-ended' | 'job-has-no-files' | 'no-partial-results' | 'job-files-not-given' | 'job-not-terminated',
    readonly jobId: number,
    readonly status: Status,
    message: string,
  ) {
    super(message);
  }
}

/** The `Idempotency-Key` was used for another upload. HTTP says 409. */
export class UploadKeyConflictError extends OrchestratorError {
  readonly code = 'upload-key-conflict';
  readonly retryable = false;

  constructor(key: string, jobId: number) {
    super(`Idempotency-Key ${key} stands for another upload (job ${jobId}): fields or files differ`);
  }
}

/** A field of the upload's form is missing or wrong. HTTP says 400. */
export class UploadFieldError extends OrchestratorError {
  readonly code = 'bad-field';
  readonly retryable = false;

  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}
