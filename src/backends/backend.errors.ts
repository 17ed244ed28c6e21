import { OrchestratorError } from '../common/errors';

/** The backend will never take this job; the text says why, for the user. */
export class BackendRejectedError extends OrchestratorError {
  readonly code = 'backend-rejected';
  readonly retryable = false;
}

/** The backend can't be used now and certainly accepted nothing. */
export class BackendUnavailableError extends OrchestratorError {
  readonly code = 'backend-unavailable';
  readonly retryable = true;
}

/** The backend may have accepted or done it: no answer came, or none that could be understood. */
export class BackendUnclearError extends OrchestratorError {
  readonly code = 'backend-unclear';

  /** @param retryable the same call with the same key gives a true answer later; if not, it must not be repeated */
  constructor(
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The backend has the job and answered that it can't give its files; asking again may or may not help. */
export class BackendCannotGiveError extends OrchestratorError {
  readonly code = 'backend-cannot-give';
  readonly retryable = true;
}

/** The backend says that it doesn't have this job. */
export class BackendLostJobError extends OrchestratorError {
  readonly code = 'backend-lost-job';
  readonly retryable = false;
}

/** A ref that this release can't read. */
export class BadBackendRefError extends OrchestratorError {
  readonly code = 'bad-backend-ref';
  readonly retryable = false;

  constructor(ref: string) {
    super(`the job's reference ${JSON.stringify(ref)} can't be read by this release`);
  }
}
