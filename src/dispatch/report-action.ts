import type { BackendState } from '../backends/backend';
import type { JobState } from '../jobs/job-state';

/** What a backend's report does to a job. */
export type ReportAction =
  /** Nothing new. */
  | 'none'
  /** It has begun to run. */
  | 'run'
  /** It has ended: fetch its files, then store the end. */
  | 'collect'
  /** It has ended and left nothing to fetch: store the end. */
  | 'end'
  /** The backend has lost it: start it again if its service allows that, else it has failed. */
  | 'lose'
  /** It can't be understood: say so, ask again. */
  | 'note';

const ON_ACTIVE: Readonly<Record<BackendState, ReportAction>> = {
  waiting: 'none',
  running: 'none',
  completed: 'collect',
  failed: 'collect',
  invalid: 'end',
  killed: 'end',
  lost: 'lose',
  unclear: 'note',
};

/** Our state, then the reported one. A job that is not at a backend, or has ended, takes no report. */
const ACTIONS: Partial<Readonly<Record<JobState, Readonly<Record<BackendState, ReportAction>>>>> = {
  Submitted: { ...ON_ACTIVE, running: 'run' },
  Prepared: { ...ON_ACTIVE, running: 'run' },
  Running: ON_ACTIVE,
  Locked: ON_ACTIVE,
};

/** What a report of this state does to a job in that one. */
export function actionFor(ours: JobState, reported: BackendState): ReportAction {
  return ACTIONS[ours]?.[reported] ?? 'none';
}
