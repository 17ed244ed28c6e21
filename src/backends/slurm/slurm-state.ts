/**
 * What each state of SLURM means to us. All states and flags of its manual are here (squeue(1) and sacct(1), "JOB STATE
 * CODES", and the page of job state codes), those of releases newer than the ones that were tried included.
 *
 * SLURM keeps a base state and flags. squeue and sacct show one word for both, a flag before the state; REST shows both
 * from v0.0.40 on. So a flag stands here for a whole state too, except where it doesn't say whether the job goes on.
 */
import type { BackendState } from '../backend';

/** `depends`: says something of the job, not whether it is over; the base state does, if it is known. */
export type StateMeaning = Extract<BackendState, 'waiting' | 'running' | 'completed' | 'failed' | 'killed'> | 'depends';

export interface SlurmState {
  readonly kind: 'state' | 'flag';
  readonly means: StateMeaning;
  /** For the user; empty where `means` says it all. */
  readonly text: string;
  /** It ended by no fault of its script: it may be started again. */
  readonly isBackendFault: boolean;
}

function state(means: StateMeaning, text = ''): SlurmState {
  return { kind: 'state', means, text, isBackendFault: false };
}

function fault(text: string): SlurmState {
  return { kind: 'state', means: 'failed', text, isBackendFault: true };
}

function flag(means: StateMeaning, text: string): SlurmState {
  return { kind: 'flag', means, text, isBackendFault: false };
}

export const SLURM_STATES: Readonly<Record<string, SlurmState>> = {
  PENDING: state('waiting', 'pending'),
  RUNNING: state('running'),
  SUSPENDED: state('running', 'suspended: its processes stand still until SLURM resumes them'),
  COMPLETED: state('completed'),
  CANCELLED: state('killed', 'cancelled'),
  FAILED: state('failed'),
  TIMEOUT: state('failed', 'ran into the time limit and was ended'),
  OUT_OF_MEMORY: state('failed', 'took more memory than it may and was ended'),
  DEADLINE: state('failed', 'ended because its deadline had passed'),
  NODE_FAIL: fault('a node of the job failed'),
  BOOT_FAIL: fault('a node could not be started for the job'),
  PREEMPTED: fault('ended to make room for a job of higher priority'),

  CONFIGURING: flag('waiting', 'its nodes are being made ready'),
  POWER_UP_NODE: flag('waiting', 'its nodes are being switched on'),
  REQUEUED: flag('waiting', 'put back into the queue'),
  REQUEUE_FED: flag('waiting', 'put back into the queue of its federation'),
  REQUEUE_HOLD: flag('waiting', 'put back into the queue and held'),
  SPECIAL_EXIT: flag('waiting', 'put back into the queue and held, for a special exit code'),
  RESV_DEL_HOLD: flag('waiting', 'held, as its reservation was deleted'),
  COMPLETING: flag('running', 'ending: SLURM cleans up behind it'),
  STAGE_OUT: flag('running', 'ending: its files are being staged out'),
  EXPEDITING: flag('running', 'ending: SLURM looks whether to run it again at once'),
  SIGNALING: flag('running', 'being sent a signal'),
  RESIZING: flag('running', 'changing its size'),
  STOPPED: flag('running', 'stopped: its processes stand still, it keeps its CPUs'),
  REVOKED: flag('depends', 'revoked: another cluster of the federation runs it'),
  LAUNCH_FAILED: flag('depends', 'could not be launched on its nodes'),
  RECONFIG_FAIL: flag('depends', 'its nodes could not be configured'),
  UPDATE_DB: flag('depends', 'being written to the accounting database'),
};

/** Several words for one job, as one. `null`: none of them says how the job is, or one is not known. */
export function meaningOf(words: readonly string[]): SlurmState | null {
  const known = words.map((word) => (Object.hasOwn(SLURM_STATES, word) ? SLURM_STATES[word] : undefined));
  if (words.length === 0 || known.includes(undefined)) {
    return null;
  }
  const telling = known.flatMap((each) => (each && each.means !== 'depends' ? [each] : []));
  const base = telling.find(({ kind }) => kind === 'state');
  return telling.find(({ kind }) => kind === 'flag') ?? base ?? null;
}

/** Nothing of the job runs any more, nor will again. */
export function isOver(words: readonly string[]): boolean {
  const means = meaningOf(words)?.means;
  return means === 'completed' || means === 'failed' || means === 'killed';
}
