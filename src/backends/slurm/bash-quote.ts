import { OrchestratorError } from '../../common/errors';

/** A text that no shell can hold. A fault of ours, or of the configuration, which is checked before. */
export class UnquotableError extends OrchestratorError {
  readonly code = 'unquotable';
  readonly retryable = false;
}

/** The text as one word of bash, whatever is in it. @throws UnquotableError for a NUL */
export function bashQuote(text: string): string {
  if (text.includes('\0')) {
    throw new UnquotableError('a text with a NUL can be no word of a script');
  }
  return /^[A-Za-z0-9_./:=+@%,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
