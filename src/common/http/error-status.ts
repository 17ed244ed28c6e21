import { HttpException } from '@nestjs/common';
import { errnoOf, OrchestratorError } from '../errors';

/** Which HTTP status follows from the code of an error that we raised; the one place where the two meet. */
const STATUS_OF: Readonly<Record<string, number>> = {
  'bad-form': 400,
  'bad-field': 400,
  'bad-id': 400,
  'bad-parameter': 400,
  'bad-request': 400,
  'request-aborted': 400,
  'service-not-configured': 400,
  'job-not-found': 404,
  'job-has-no-files': 404,
  'no-partial-results': 404,
  'payload-not-found': 404,
  'job-has-ended': 409,
  'key-terminated': 409,
  'upload-key-conflict': 409,
  unauthorized: 401,
  'payload-active': 409,
  'form-too-large': 413,
  'job-files-not-given': 500,
  'job-not-terminated': 500,
  'payload-files-gone': 500,
  'processes-left': 500,
  'backend-unavailable': 500,
  'backend-unclear': 500,
  'backend-cannot-give': 500,
  'backend-lost-job': 404,
  'database-busy': 503,
  'disk-full': 507,
};

/** The disk has no room, or the user's share of it is used up. */
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT']);

/** What an error says to whoever made the request. */
export interface ErrorAnswer {
  readonly status: number;
  readonly message: string;
}

/** An error that we did not raise is a 500 that tells nothing of the inside; the log has everything. */
export function answerFor(error: unknown): ErrorAnswer {
  if (error instanceof OrchestratorError) {
    return { status: STATUS_OF[error.code] ?? 500, message: error.message };
  }
  if (error instanceof HttpException) {
    return { status: error.getStatus(), message: error.message };
  }
  if (DISK_FULL.has(errnoOf(error) ?? '')) {
    return { status: 507, message: 'no space is left on the disk, try again later' };
  }
  return { status: 500, message: 'internal error' };
}
