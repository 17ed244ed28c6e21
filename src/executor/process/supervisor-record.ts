import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { constants, uptime } from 'node:os';
import { TICK_MS } from './process-entry';
import { errnoOf } from '../../common/errors';

/** How a script ended, as its supervisor recorded it (see supervisor.sh). */
export interface ScriptEnd {
  readonly exitCode: number | null;
  /** `SIGKILL`, ... when a signal ended it. */
  readonly signal: string | null;
  /** What the supervisor's bash said when the script could not be started. */
  readonly startError: string | null;
}

/** Which process is the supervisor, told apart from a later one of the same pid. */
export interface SupervisorId {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
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

function signalName(signal: number): string {
  const realTime = signal === FIRST_REAL_TIME ? 'SIGRTMIN' : `SIGRTMIN+${signal - FIRST_REAL_TIME}`;
  return SIGNAL_NAMES.get(signal) ?? (signal >= FIRST_REAL_TIME ? realTime : `SIG${signal}`);
}

/**
 * How the script ended; `null`: it runs, or its supervisor was lost.
 * bash says nothing when its child dies of SIGINT or SIGPIPE, so exit codes 130 and 141 stay what they are.
 */
export function readScriptEnd(record: string): ScriptEnd | null {
  const [, ...rest] = linesOf(record);
  const code = /^(\d+) \.$/.exec(rest.pop() ?? '')?.[1];
  if (code === undefined) {
    return null;
  }
  const exitCode = Number(code);
  const notice = rest.join('\n').trim();
  if (notice !== '' && exitCode > 128 && exitCode - 128 <= LAST_SIGNAL) {
    return { exitCode: null, signal: signalName(exitCode - 128), startError: null };
  }
  return { exitCode, signal: null, startError: notice === '' ? null : notice };
}

/** Which process the supervisor is; `null`: not recorded, or not whole. */
export function readSupervisorId(record: string): SupervisorId | null {
  const [, pid, startTime, bootId] = /^(\d+) (\d+) (\S+) \.$/.exec(linesOf(record)[0] ?? '') ?? [];
  return pid !== undefined && startTime !== undefined && bootId !== undefined
    ? { pid: Number(pid), startTime, bootId }
    : null;
}

/** How long ago the supervisor was started, by the clock that nobody sets; `null`: not recorded. */
export function supervisorAgeMs(record: string): number | null {
  const id = readSupervisorId(record);
  return id === null ? null : Math.max(0, uptime() * 1000 - Number(id.startTime) * TICK_MS);
}

/** A supervisor has begun, whatever became of it. */
export function wasClaimed(record: string): boolean {
  return statSync(record, { throwIfNoEntry: false }) !== undefined;
}

/** Takes the right to start the job, so that no supervisor can begin from now on; `false`: one has it. */
export function claim(record: string): boolean {
  try {
    closeSync(openSync(record, 'wx'));
    return true;
  } catch (error) {
    switch (errnoOf(error)) {
      case 'EEXIST':
        return false;
      case 'ENOENT': // nor is there a directory: nothing can begin
        return true;
      default:
        throw error;
    }
  }
}

/** The lines of a record that are closed; none when there is no record. */
function linesOf(record: string): string[] {
  return readText(record).split('\n').slice(0, -1);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      return '';
    }
    throw error;
  }
}
