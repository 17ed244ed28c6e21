import { exitCodeText, overtimeText, type ScriptEnd, TERMINATED } from '../workload/script-end';

/** What is known when a job's supervisor is gone. */
export interface EndFacts {
  /** `null`: the supervisor left no record. */
  readonly end: ScriptEnd | null;
  /** Its termination was asked for before it ended. */
  readonly isKilled: boolean;
  /** It was ended for running longer than so many milliseconds; `null`: it was not. */
  readonly overtimeMs: number | null;
  /** The working directory is still there. */
  readonly hasWork: boolean;
  /** What was already to be said of the job (a mended script). */
  readonly note: string;
}

/** How a payload ended, for its row. */
export interface PayloadEnd {
  readonly status: 'Completed' | 'Failed' | 'Killed';
  readonly message: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Decides the final state of a payload that ran, and says why. */
export function describeEnd({ end, isKilled, overtimeMs, hasWork, note }: EndFacts): PayloadEnd {
  const exitCode = end?.exitCode ?? null;
  const signal = end?.signal ?? null;
  if (isKilled) {
    return { status: 'Killed', message: TERMINATED, exitCode, signal };
  }
  if (overtimeMs !== null) {
    const message = overtimeText(overtimeMs);
    // Never without a cause of death: a failure without one counts as the executor's, and may be repeated.
    return { status: 'Failed', message, exitCode, signal: signal ?? (exitCode === null ? 'SIGKILL' : null) };
  }
  if (!end) {
    const message = 'supervisor lost: the process that watched the script is gone and left no exit code';
    return { status: 'Failed', message, exitCode, signal };
  }
  const reasons = [
    end.startError && `the script could not be started: ${end.startError}`,
    !end.startError && exitCode !== null && exitCode !== 0 && exitCodeText(exitCode),
    signal && `killed by signal ${signal}`,
    !hasWork && 'the working directory was removed while the script ran, its results are gone',
  ].filter((reason) => typeof reason === 'string' && reason !== '');
  const message = [...reasons, note].filter((part) => part !== '').join('; ');
  return { status: reasons.length === 0 ? 'Completed' : 'Failed', message, exitCode, signal };
}
