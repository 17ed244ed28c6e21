import { BackendUnavailableError } from '../backend.errors';

/** What SLURM says of one job, whichever command or request it was asked by. */
export interface JobSight {
  readonly jobId: number;
  readonly name: string;
  /** Its state and flags, as SLURM writes them: words of SLURM_STATES, or ones that this release doesn't know. */
  readonly words: readonly string[];
  /** Why it waits, or how it ended; empty when SLURM gives none. */
  readonly reason: string;
  /** `null`: not told by whoever was asked. */
  readonly exit: { readonly code: number; readonly signal: number } | null;
  /** Milliseconds since 1970; `null` when not known, or still to come. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** A list of jobs. What could not be read is told: whatever is not among the jobs may be in there. */
export interface JobList {
  readonly jobs: readonly JobSight[];
  /** Lines or entries that make no job, as they came, cut to a bearable length. */
  readonly unreadable: readonly string[];
}

const SHOWN_CHARACTERS = 200;

/** For `unreadable`: on one line, without control characters. */
export function shown(raw: string): string {
  const text = JSON.stringify(raw);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}..."` : text;
}

/** A list in which nothing can be hidden. @throws BackendUnavailableError for another */
export function wholeOf(list: JobList): JobList {
  const [first] = list.unreadable;
  if (first !== undefined) {
    throw new BackendUnavailableError(`SLURM: a list of jobs has a line that can't be read: ${first}`);
  }
  return list;
}

/** What SLURM writes in place of a reason. */
export function readReason(text: string): string {
  return text === 'None' || text === '(null)' ? '' : text;
}

/** `COMPLETED`, or `CANCELLED by 1000`, as sacct says it. */
export function readState(text: string): string[] {
  return text
    .replace(/ by .*$/, '')
    .split(/[,+]/)
    .filter((word) => word !== '');
}

/** Seconds since 1970. SLURM has several words for a time that isn't known, and 0; a time to come is an estimate. */
export function readTime(text: string, now = Date.now()): number | null {
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : 0;
  return ms === 0 || ms > now + 60_000 ? null : ms;
}

/** A status as wait(2) gives it: code << 8, the signal in the low 7 bits. */
export function readWaitStatus(status: number): { code: number; signal: number } {
  return { code: (status >> 8) & 0xff, signal: status & 0x7f };
}
