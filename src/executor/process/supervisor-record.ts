import { readFileSync, statSync } from 'node:fs';
import { constants, uptime } from 'node:os';
import { join } from 'node:path';
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

/** bash says nothing when its child dies of these, so exit codes 130 and 141 stay what they are. */
export function readScriptEnd(runDir: string): ScriptEnd | null {
  const line = readLine(join(runDir, 'exit'));
  if (line === null || !/^\d+$/.test(line)) {
    return null;
  }
  const code = Number(line);
  const notice = readText(join(runDir, 'notice'))?.trim() ?? '';
  if (notice !== '' && code > 128 && code - 128 <= LAST_SIGNAL) {
    return { exitCode: null, signal: signalName(code - 128), startError: null };
  }
  return { exitCode: code, signal: null, startError: notice === '' ? null : notice };
}

/** Which process the supervisor is; `null`: not recorded, or not whole. */
export function readSupervisorId(runDir: string): SupervisorId | null {
  const [pid, startTime, bootId] = readLine(join(runDir, 'pid'))?.split(' ') ?? [];
  return pid !== undefined && startTime !== undefined && bootId !== undefined
    ? { pid: Number(pid), startTime, bootId }
    : null;
}

/** How long ago the supervisor was started, by the clock that nobody sets; `null`: not recorded. */
export function supervisorAgeMs(runDir: string): number | null {
  const id = readSupervisorId(runDir);
  return id === null ? null : Math.max(0, uptime() * 1000 - Number(id.startTime) * TICK_MS);
}

/** A supervisor has begun, whatever became of it. */
export function wasClaimed(runDir: string): boolean {
  return statSync(join(runDir, 'claim'), { throwIfNoEntry: false }) !== undefined;
}

/** The content of a one-line file that is closed by " ."; `null` when it is missing or was cut short. */
function readLine(path: string): string | null {
  const text = readText(path);
  return text?.endsWith(' .\n') ? text.slice(0, -3).trimStart() : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      return null;
    }
    throw error;
  }
}
