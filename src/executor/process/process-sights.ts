import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';
import { type ProcessEntry, readProcess, TICK_MS } from './process-entry';
import { isOwnSupervisor } from './supervisor';

/** What a look at a process told. */
interface Sight {
  /** Value of JOB_KEY in its environment; `null`: it has none. */
  readonly key: string | null;
  readonly directory: string;
  /** Tells a later process of the same pid. */
  readonly startTime: string | null;
  readonly at: number;
  /** It had just been started: it may still become the program, with the environment, that it is meant to be. */
  readonly isYoung: boolean;
}

/** A process without a key is looked at again after so long: it may stand in a job's directory by then. */
const LOOK_AGAIN_MS = 2_000;

const YOUNG_MS = 2_000;

const KEY = /(?:^|\0)JOB_KEY=([^\0]*)/;

/**
 * Remembers what each process of the machine looked like, so that a look at all of them costs little more than the list
 * of their pids: reading environment and directory of 200 processes takes some milliseconds, and each job's end asks.
 * A process keeps the key with which it was first seen, even when it clears its environment later.
 */
export class ProcessSights {
  private sights = new Map<number, Sight>();

  /** Live processes with this key, or in this directory or below it; a process of another key is never among them. */
  find(key: string, directory: string): ProcessEntry[] {
    const found: ProcessEntry[] = [];
    for (const [pid, sight] of this.sights) {
      const isIn = sight.directory === directory || sight.directory.startsWith(`${directory}/`);
      if (sight.key === key || (sight.key === null && isIn)) {
        const entry = readProcess(pid);
        if (entry && (sight.startTime === null || sight.startTime === entry.startTime)) {
          found.push(entry);
        }
      }
    }
    return found;
  }

  /** Looks at the processes that are new, and again at those that may have changed. */
  refresh(): void {
    const now = performance.now();
    const upMs = uptime() * 1000;
    const next = new Map<number, Sight>();
    for (const pid of listPids()) {
      if (isOwnSupervisor(pid)) {
        continue;
      }
      const known = this.sights.get(pid);
      const isFresh = known && (known.key !== null || (!known.isYoung && now - known.at < LOOK_AGAIN_MS));
      next.set(pid, isFresh ? known : look(pid, now, upMs));
    }
    this.sights = next;
  }
}

/** Pids of all processes. */
export function listPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function look(pid: number, at: number, upMs: number): Sight {
  const environment = read(() => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  const key = KEY.exec(environment)?.[1] ?? null;
  const directory = read(() => readlinkSync(`/proc/${pid}/cwd`));
  const startTime = readProcess(pid)?.startTime ?? null;
  const ageMs = startTime === null ? Infinity : upMs - Number(startTime) * TICK_MS;
  return { key, directory, startTime, at, isYoung: ageMs < YOUNG_MS };
}

function read(what: () => string): string {
  try {
    return what();
  } catch {
    // Gone by now, or another user's: none of ours either way.
    return '';
  }
}
