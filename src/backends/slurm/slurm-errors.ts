/** What is to be done about a submission that SLURM did not take, by what its commands or slurmrestd said. */
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backend.errors';
import { type ErrorKind, KNOWN_ERRORS, kindOfRange, LIMIT_NUMBER } from './slurm-errno';

/** Not taken because of a limit that may pass, or that a smaller request keeps: see `limit` in slurm-errno.ts. */
export class SlurmLimitError extends BackendUnavailableError {}

/** The worse a kind is mistaken, the earlier: a job that ran twice, a job that failed for good. */
const BY_SEVERITY: readonly ErrorKind[] = ['unclear', 'not-now', 'limit', 'after-restart', 'never'];

/** Of several errors: the most careful reading. None at all: nobody knows what happened. */
export function worstOf(kinds: readonly ErrorKind[]): ErrorKind {
  return BY_SEVERITY.find((kind) => kinds.includes(kind)) ?? 'unclear';
}

/** Of options that sbatch will not have together it says that they are fatal. */
const OPTIONS_REFUSED = 'mutually exclusive';

/**
 * Of what a command wrote on its standard error before it failed. What is not known is for good, an option refused, say;
 * but what is `fatal` to a command is mostly about itself: it can't read its configuration, say.
 */
export function kindOfText(stderr: string): ErrorKind {
  const lines = linesOf(stderr);
  return worstOf(
    lines.map(({ text, isFatal }) => {
      const isAboutItself = isFatal && !text.includes(OPTIONS_REFUSED);
      return kindOfLine(text) ?? (isAboutItself ? 'not-now' : 'never');
    }),
  );
}

/** Of an answer of slurmrestd. A number that it has no text for (-1: it could not reach slurmctld, say) is no refusal. */
export function kindOfNumber(number: number): ErrorKind {
  return number === LIMIT_NUMBER ? 'limit' : (find(([known]) => known === number) ?? kindOfRange(number));
}

/**
 * As the Backend interface wants it.
 * @param isFresh the controller, or our knowledge of it, is so new that it may not know its nodes yet
 */
export function backendError(kind: ErrorKind, text: string, isFresh: boolean): Error {
  const message = `SLURM: ${text}`;
  switch (kind) {
    case 'not-now':
      return new BackendUnavailableError(message);
    case 'limit':
      return new SlurmLimitError(message);
    case 'unclear':
      return new BackendUnclearError(message, true);
    case 'after-restart':
      return isFresh ? new BackendUnavailableError(message) : new BackendRejectedError(message);
    case 'never':
      return new BackendRejectedError(message);
  }
}

/** What a command said, for people: its lines in one, without `sbatch: error:`. */
export function saidBy(stderr: string): string {
  const lines = linesOf(stderr).map(({ text }) => text);
  return lines.join('; ').slice(0, 500) || 'no reason given';
}

function linesOf(stderr: string): { readonly text: string; readonly isFatal: boolean }[] {
  return stderr
    .split('\n')
    .map((line) => {
      const [head = ''] = /^\w+: *(?:(?:error|fatal)\b:? *)?/.exec(line) ?? [];
      return { text: line.slice(head.length).trim(), isFatal: head.includes('fatal') };
    })
    .filter(({ text }) => text !== '');
}

function kindOfLine(line: string): ErrorKind | undefined {
  return find(([, text]) => line.includes(text));
}

function find(test: (error: readonly [number | null, string]) => boolean): ErrorKind | undefined {
  return BY_SEVERITY.find((kind) => kind !== 'limit' && kind !== 'never' && KNOWN_ERRORS[kind].some(test));
}
