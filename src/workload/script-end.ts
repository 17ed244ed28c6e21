import { constants } from 'node:os';

/** How a script ended. */
export interface ScriptEnd {
  readonly exitCode: number | null;
  /** `SIGKILL`, ... when a signal ended it. */
  readonly signal: string | null;
  /** What the shell that should start it said when it could not. */
  readonly startError: string | null;
}

/** Some signals have two names; the first of the list is the usual one (SIGABRT, not SIGIOT). */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, value]) => [value, name]),
);

/** The last real-time signal; bash answers with higher numbers where it could not even fork. */
const LAST_SIGNAL = 64;
const FIRST_REAL_TIME = 34;

export function signalName(signal: number): string {
  const realTime = signal === FIRST_REAL_TIME ? 'SIGRTMIN' : `SIGRTMIN+${signal - FIRST_REAL_TIME}`;
  return SIGNAL_NAMES.get(signal) ?? (signal >= FIRST_REAL_TIME ? realTime : `SIG${signal}`);
}

/**
 * How a script ended by what the bash that ran it as a child knows.
 * @param code as bash counts: 128 + N for signal N
 * @param notice what that bash wrote on its standard error: something when a signal ended its child (but for SIGINT and
 * SIGPIPE, so exit codes 130 and 141 stay what they are) or it could not be started, nothing after an exit
 */
export function scriptEndOf(code: number, notice: string): ScriptEnd {
  const said = notice.trim();
  if (said !== '' && code > 128 && code - 128 <= LAST_SIGNAL) {
    return { exitCode: null, signal: signalName(code - 128), startError: null };
  }
  return { exitCode: code, signal: null, startError: said === '' ? null : said };
}

export const TERMINATED = 'terminated on request';

/** For the user: an exit code, with what bash means by it. */
export function exitCodeText(code: number): string {
  switch (code) {
    case 126:
      return 'exit code 126 (a command could not be executed)';
    case 127:
      return 'exit code 127 (a command was not found)';
    default:
      return `exit code ${code}`;
  }
}

/** For the user: its script was ended for the limit of its run time. */
export function overtimeText(limitMs: number): string {
  return `ran longer than ${limitMs / 1000} s, the most that it may, and was ended`;
}
