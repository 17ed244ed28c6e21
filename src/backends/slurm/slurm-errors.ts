/**
 * SLURM's own errors. The commands give the text alone, slurmrestd a number too; both come from one table of SLURM
 * (slurm_errno.h and the texts of slurm_strerror, 22.05 and later). Whatever is not listed here is for good: SLURM
 * refused what it was asked for, and a repeat would be refused again.
 */
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backend.errors';

/** `not-now`: certainly nothing was accepted; `unclear`: it may have been; `never`: refused for good. */
export type ErrorKind = 'not-now' | 'unclear' | 'never' | 'after-restart';

interface KnownError {
  readonly numbers: readonly number[];
  readonly text: string;
  readonly kind: ErrorKind;
}

const KNOWN: readonly KnownError[] = [
  { numbers: [1001, 1800], text: 'Unable to contact slurm controller (connect failure)', kind: 'not-now' },
  { numbers: [1801], text: 'Unable to contact slurm controller (send failure)', kind: 'unclear' },
  { numbers: [1802], text: 'Unable to contact slurm controller (receive failure)', kind: 'unclear' },
  { numbers: [1803], text: 'Unable to contact slurm controller (shutdown failure)', kind: 'unclear' },
  { numbers: [1804, 1805], text: 'Slurmctld is too busy', kind: 'not-now' },
  { numbers: [1002], text: 'Message send failure', kind: 'unclear' },
  { numbers: [1003], text: 'Message receive failure', kind: 'unclear' },
  { numbers: [1000], text: 'Unexpected message received', kind: 'unclear' },
  { numbers: [5003, 5004], text: 'Socket timed out on send/recv operation', kind: 'unclear' },
  { numbers: [5005], text: 'Zero Bytes were transmitted or received', kind: 'unclear' },
  { numbers: [1005], text: 'Incompatible versions of client and server code', kind: 'not-now' },
  { numbers: [1007], text: 'Protocol authentication error', kind: 'not-now' },
  { numbers: [6000, 6001, 6004, 6007], text: 'Invalid authentication credential', kind: 'not-now' },
  { numbers: [9008], text: 'Authentication failure', kind: 'not-now' },
  { numbers: [11], text: 'Resource temporarily unavailable', kind: 'not-now' },
  { numbers: [], text: 'Slurm temporarily unable to accept job', kind: 'not-now' },
  { numbers: [2027], text: 'Slurm backup controller in standby mode', kind: 'not-now' },
  { numbers: [2131], text: 'Controller is in standby mode', kind: 'not-now' },
  { numbers: [2105], text: 'System submissions disabled', kind: 'not-now' },
  { numbers: [2007], text: 'Unable to create job record, try again', kind: 'not-now' },
  // Of too many jobs at once, which passes, or too large ones: the commands say which on a line of its own.
  { numbers: [2050], text: 'MaxSubmitJob', kind: 'not-now' },
  { numbers: [2019], text: 'I/O error writing script/environment to file', kind: 'not-now' },
  { numbers: [], text: 'GrpSubmitJob', kind: 'not-now' },
  // Also said by a controller that has just started, until its nodes have registered.
  { numbers: [2014], text: 'Requested node configuration is not available', kind: 'after-restart' },
];

/** Of what a command wrote on its standard error. */
export function kindOfText(text: string): ErrorKind {
  return KNOWN.find((known) => text.includes(known.text))?.kind ?? 'never';
}

/** Of an answer of slurmrestd. A number that it has no text for (-1: it could not reach slurmctld, say) is no refusal. */
export function kindOfNumber(number: number): ErrorKind {
  return number <= 0 ? 'unclear' : (KNOWN.find(({ numbers }) => numbers.includes(number))?.kind ?? 'never');
}

/** As the Backend interface wants it. */
export function backendError(kind: ErrorKind, text: string, wasAwayLately: boolean): Error {
  const message = `SLURM: ${text}`;
  switch (kind) {
    case 'not-now':
      return new BackendUnavailableError(message);
    case 'unclear':
      return new BackendUnclearError(message, true);
    case 'after-restart':
      return wasAwayLately ? new BackendUnavailableError(message) : new BackendRejectedError(message);
    case 'never':
      return new BackendRejectedError(message);
  }
}

/** What a command said, for people: its lines in one, without `sbatch: error:`. */
export function saidBy(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/^\w+: (?:error: |fatal: )?/, '').trim())
    .filter((line) => line !== '');
  return lines.join('; ').slice(0, 500) || 'no reason given';
}
