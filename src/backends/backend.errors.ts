/** What a backend's calls reject with. A backend throws no other errors on purpose; each says who acts on it, and how. */
import { OrchestratorError } from '../common/errors';

/** The backend will never take this job. The dispatcher fails the job; the text says why, for the user. */
export class BackendRejectedError extends OrchestratorError {
  readonly code = 'backend-rejected';
  readonly retryable = false;
}

/**
 * The backend can't be used now, and certainly accepted or did nothing. The dispatcher puts a job that was being handed
 * over back into the queue and leaves the service alone for a while (0.25 to 15 s); anything else is tried again. The text
 * is shown to users whose jobs wait.
 */
export class BackendUnavailableError extends OrchestratorError {
  readonly code = 'backend-unavailable';
  readonly retryable = true;
}

/**
 * The backend may have accepted or done it: no answer came, or none that could be understood. The dispatcher keeps the
 * job's slot and asks again with the same key, if the backend finds jobs by key.
 */
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

/** The backend has the job and can't give its files now. Asked again, of a job that didn't complete only some times. */
export class BackendCannotGiveError extends OrchestratorError {
  readonly code = 'backend-cannot-give';
  readonly retryable = true;
}

/** The backend is sure that it doesn't have this job, or its files. They are not asked for again. */
export class BackendLostJobError extends OrchestratorError {
  readonly code = 'backend-lost-job';
  readonly retryable = false;
}

/** A ref that this release can't read; `poll` calls its job `unclear`. Files of such a job are not asked for again. */
export class BadBackendRefError extends OrchestratorError {
  readonly code = 'bad-backend-ref';
  readonly retryable = false;

  constructor(ref: string) {
    super(`the job's reference ${JSON.stringify(ref)} can't be read by this release`);
  }
}
