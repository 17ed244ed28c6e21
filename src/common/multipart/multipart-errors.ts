import { OrchestratorError } from '../errors';

/** The form is not what it should be: the sender must change it. `message` says which part and what is wrong. HTTP 400. */
export class BadFormError extends OrchestratorError {
  readonly code = 'bad-form';
  readonly retryable = false;
}

/** What a form may not have too much of. */
export type FormLimit = 'bytes' | 'files' | 'fields';

/** The form goes over a limit, which `message` states. HTTP 413. */
export class FormTooLargeError extends OrchestratorError {
  readonly code = 'form-too-large';
  readonly retryable = false;

  constructor(
    readonly unit: FormLimit,
    readonly limit: number,
  ) {
    super(TOO_LARGE[unit](limit));
  }
}

const TOO_LARGE: Record<FormLimit, (limit: number) => string> = {
  bytes: (limit) => `the form is too large: the limit is ${limit} bytes (${(limit / 2 ** 20).toFixed(1)} MiB) in all`,
  files: (limit) => `the form has too many files: the limit is ${limit} files`,
  fields: (limit) => `the form has too many text fields: the limit is ${limit} fields`,
};

/** The peer went away or stalled before the form was whole. Nobody may be left to answer. */
export class RequestAbortedError extends OrchestratorError {
  readonly code = 'request-aborted';
  readonly retryable = true;
}
