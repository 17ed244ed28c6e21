import type { Status } from '../wire/status';

/**
 * Server-side life of a job: the only list of legal moves. Every state says who moves a job on from it.
 */
const MOVES = {
  /** The dispatcher, as soon as quota and backend allow. Survives everything: read again at start. */
  Queued: ['Processing', 'Failed', 'Invalid', 'Killed'],
  /** Being handed over. If the server dies, the next start asks the backend by the job's key. */
  Processing: ['Queued', 'Submitted', 'Failed', 'Invalid', 'Killed', 'Locked'],
  /** The backend has it and reports. If the backend loses it, MAX_ATTEMPTS says whether it waits again. */
  Submitted: ['Queued', 'Running', 'Completed', 'Failed', 'Invalid', 'Killed', 'Locked'],
  /** As Submitted: waits at the backend. Not used by our own dispatcher, but found in databases of the Rust program. */
  Prepared: ['Queued', 'Running', 'Completed', 'Failed', 'Invalid', 'Killed', 'Locked'],
  /** Its script runs, or its results are being fetched. */
  Running: ['Queued', 'Completed', 'Failed', 'Invalid', 'Killed', 'Locked'],
  /** A wish to terminate that the backend has not confirmed yet. It is repeated until it is. */
  Locked: ['Completed', 'Failed', 'Invalid', 'Killed'],
  /** Ends: only retention moves a job on, and never back. */
  Completed: ['Cleaned'],
  Failed: ['Cleaned'],
  Invalid: ['Cleaned'],
  Killed: ['Cleaned'],
  /** Retention is over: the files go, the row stays and answers. */
  Cleaned: [],
  /** Written by the Rust program for a moment during an upload. */
  Unknown: ['Queued', 'Failed'],
} as const satisfies Record<Status, readonly Status[]>;

/** The states that a job can be in. */
export type JobState = Status;

const ALL = Object.keys(MOVES) as JobState[];

/** The states from which a job may move to `to`. */
export function sourcesOf(to: JobState): readonly JobState[] {
  return ALL.filter((from) => (MOVES[from] as readonly JobState[]).includes(to));
}

/** Ended for good; `Cleaned` included. */
export function isFinal(state: JobState): boolean {
  return MOVES[state].length === 0 || (MOVES[state] as readonly JobState[]).includes('Cleaned');
}

/** Holds a slot of its user's and its service's quota. */
export function isActive(state: JobState): boolean {
  return ACTIVE.has(state);
}

const ACTIVE: ReadonlySet<JobState> = new Set<JobState>(['Processing', 'Submitted', 'Prepared', 'Running', 'Locked']);

/** States of jobs that still have a way to go: what a server reads at its start. */
export const LIVE_STATES: readonly JobState[] = ALL.filter((state) => !isFinal(state));

/** Ends that keep files until retention is over. */
export const ENDED_STATES: readonly JobState[] = sourcesOf('Cleaned');
