import { readFileSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { TICK_MS } from './process-entry';
import { errnoOf } from '../../common/errors';
import { type ScriptEnd, scriptEndOf } from '../../workload/script-end';

/** Which process is the supervisor, told apart from a later one of the same pid. */
export interface SupervisorId {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly startTime: string;
  readonly bootId: string;
}

/** How a script ended, as its supervisor recorded it (see supervisor.sh); `null`: not recorded, or not whole. */
export function readScriptEnd(runDir: string): ScriptEnd | null {
  const line = readLine(join(runDir, 'exit'));
  return line === null || !/^\d+$/.test(line)
    ? null
    : scriptEndOf(Number(line), readText(join(runDir, 'notice')) ?? '');
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
