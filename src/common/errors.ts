import { types } from 'node:util';

/**
 * Root of every error that this program raises on purpose.
 * `code` is public and stable: callers and the HTTP layer branch on it. `message` is for people and may change: it says
 * what happened, where, and what to do.
 */
export abstract class OrchestratorError extends Error {
  abstract readonly code: string;
  /** The same call, made later, may succeed. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Also for errors of another realm (a vm context, such as a test runner's), where `instanceof Error` is false. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** The first `code` along the chain of causes: an errno (`ENOSPC`) or the code of Node or a library (`ERR_...`). */
export function errnoOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; isError(at) && depth < 8; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && /^E[A-Z0-9_]+$/.test(at.code)) {
      return at.code;
    }
  }
  return undefined;
}

/** Some error along the chain of causes has this code. */
export function hasCode(error: unknown, code: string): boolean {
  for (let at: unknown = error, depth = 0; isError(at) && depth < 8; at = at.cause, depth++) {
    if ('code' in at && at.code === code) {
      return true;
    }
  }
  return false;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
