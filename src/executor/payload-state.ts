import type { Status } from '../wire/status';

/** The states that a payload can be in. */
export type PayloadState = Extract<
  Status,
  'Prepared' | 'Running' | 'Completed' | 'Failed' | 'Invalid' | 'Killed' | 'Cleaned'
>;

/** Life of a payload on the executor: the only list of legal moves. */
const MOVES: Readonly<Record<PayloadState, readonly PayloadState[]>> = {
  /** Accepted; the runner starts it as soon as the limit allows. A restarted executor finds it here. */
  Prepared: ['Running', 'Failed', 'Invalid', 'Killed'],
  /** Its supervisor lives. A restarted executor adopts it, or reads how it ended. */
  Running: ['Completed', 'Failed', 'Killed'],
  Completed: ['Cleaned'],
  Failed: ['Cleaned'],
  Invalid: ['Cleaned'],
  Killed: ['Cleaned'],
  /** Released by the server or too old: the files go, the row answers for its key. */
  Cleaned: [],
};

const ALL = Object.keys(MOVES) as PayloadState[];

/** The states from which a payload may move to `to`. */
export function sourcesOf(to: PayloadState): readonly PayloadState[] {
  return ALL.filter((from) => MOVES[from].includes(to));
}

/** Ended for good; `Cleaned` included. */
export function hasEnded(state: PayloadState): boolean {
  return state !== 'Prepared' && state !== 'Running';
}

/** Ends that keep files until they are released or too old. */
export const ENDED_STATES: readonly PayloadState[] = sourcesOf('Cleaned');
/** What a restarted executor reads. */
export const LIVE_STATES: readonly PayloadState[] = ['Prepared', 'Running'];
