import { OrchestratorError } from '../common/errors';

/** Proxies give up on a silent answer after a minute or so. */
export const MAX_WAIT_SECONDS = 300;

/** A query parameter is wrong. HTTP says 400. */
export class BadParameterError extends OrchestratorError {
  readonly code = 'bad-parameter';
  readonly retryable = false;
}

/**
 * Reads `?wait=SECONDS`; 0 where it is not given.
 * @throws BadParameterError
 */
export function readWaitSeconds(value: unknown): number {
  if (value === undefined) {
    return 0;
  }
  const seconds = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : NaN;
  if (!(seconds <= MAX_WAIT_SECONDS)) {
    throw new BadParameterError(`wait: must be a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}`);
  }
  return seconds;
}
