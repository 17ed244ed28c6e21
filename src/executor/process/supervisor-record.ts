import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
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

/** How a script ended, as its supervisor recorded it (see supervisor.sh); `null`: it runs, or its supervisor was lost. */
export function readScriptEnd(record: string): ScriptEnd | null {
  const [, ...rest] = linesOf(record);
  const code = /^(\d+) \.$/.exec(rest.pop() ?? '')?.[1];
  return code === undefined ? null : scriptEndOf(Number(code), rest.join('\n'));
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
