import { OrchestratorError } from '../errors';

/** A path names no id. HTTP says 400. */
export class BadIdError extends OrchestratorError {
  readonly code = 'bad-id';
  readonly retryable = false;

  constructor(text: string) {
    super(`id: ${JSON.stringify(text.slice(0, 40))} is not a number of a job`);
  }
}

/** Reads an id from a path. Numbers that no row can have (0, -1) are ids all the same: they are just not found. */
export function parseId(text: string): number {
  const id = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(id)) {
    throw new BadIdError(text);
  }
  return id;
}
