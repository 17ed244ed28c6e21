import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type ProcessEntry, readProcess } from './process-entry';

/** What a look at a process told. */
interface Sight {
  /** Value of JOB_KEY in its environment; `null`: it has none. */
  readonly key: string | null;
  readonly directory: string;
  /** Of processes with a key, to tell a later one of the same pid. */
  readonly startTime: string | null;
  readonly at: number;
}

/** A process without a key is looked at again after so long: it may stand in a job's directory by then. */
const LOOK_AGAIN_MS = 2_000;

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
    const next = new Map<number, Sight>();
    for (const pid of listPids()) {
      const known = this.sights.get(pid);
      const isFresh = known && (known.key !== null || now - known.at < LOOK_AGAIN_MS);
      next.set(pid, isFresh ? known : look(pid, now));
    }
    this.sights = next;
  }
}

/** Pids of all processes. */
export function listPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function look(pid: number, at: number): Sight {
  const environment = read(() => readFileSync(`/proc/${pid}/environ`, 'latin1'));
  const key = KEY.exec(environment)?.[1] ?? null;
  const directory = read(() => readlinkSync(`/proc/${pid}/cwd`));
  if (environment === '' && !isOfKernel(pid)) {
    // It is just becoming another program: that one's environment counts.
    return { key, directory, startTime: null, at: -Infinity };
  }
  return { key, directory, startTime: key === null ? null : (readProcess(pid)?.startTime ?? null), at };
}

/** Kernel threads never have an environment. All are children of pid 2, where they can be seen at all. */
function isOfKernel(pid: number): boolean {
  const entry = readProcess(pid);
  return entry === null || pid === 2 || entry.parent === 2;
}

function read(what: () => string): string {
  try {
    return what();
  } catch {
    // Gone by now, or another user's: none of ours either way.
    return '';
  }
}
