import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A live process, from /proc (proc(5)). */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks since boot: tells a process from a later one of the same pid. */
  readonly startTime: string;
}

/** What marks a process as a job's. */
export interface JobMark {
  /** The job's key: in the environment of all that it starts, unless they clear it. */
  readonly key: string;
  /** The payload's directory: the working directory of all that it starts, unless they leave it. */
  readonly loc: string;
  /** The supervisor, which is not part of the job and shall live to record its end. */
  readonly supervisorPid: number;
}

/** Reads one process; `null` when it is gone, or a zombie, which can do nothing any more. */
export function readProcess(pid: number): ProcessEntry | null {
  const stat = tryRead(`/proc/${pid}/stat`);
  if (stat === null) {
    return null;
  }
  // The command's name, in parentheses, may hold anything, parentheses and spaces included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  if (state === undefined || state === 'Z' || state === 'X') {
    return null;
  }
  return { pid, parent: Number(parent), session: Number(fields[3]), startTime: fields[19] ?? '' };
}

/** The id of this boot of the machine; pids and start times mean something only within one. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/**
 * All live processes of the jobs: those that carry the key in their environment or stand in the job's directory, their
 * descendants, and whoever shares a session with one of them. The supervisor is never among them, nor is whoever shares
 * this process's own session: a job never does, but an operator who looks into its directory may.
 * @returns for each mark, in their order, its processes
 */
export function findJobProcesses(marks: readonly JobMark[]): ProcessEntry[][] {
  const table = readTable();
  const ownSession = readProcess(process.pid)?.session;
  const environmentOf = remember((pid) => `${tryRead(`/proc/${pid}/environ`) ?? ''}\0`);
  const directoryOf = remember(readWorkingDirectory);
  return marks.map((mark) => {
    const needle = `JOB_KEY=${mark.key}\0`;
    const standsIn = (directory: string) => directory === mark.loc || directory.startsWith(`${mark.loc}/`);
    const members = new Map<number, ProcessEntry>();
    const mayJoin = (entry: ProcessEntry) => entry.pid !== mark.supervisorPid && entry.session !== ownSession;
    for (const entry of table.values()) {
      if (mayJoin(entry) && (environmentOf(entry.pid).includes(needle) || standsIn(directoryOf(entry.pid)))) {
        members.set(entry.pid, entry);
      }
    }
    let grown = members.size > 0;
    while (grown) {
      grown = false;
      const sessions = new Set([...members.values()].map((member) => member.session));
      sessions.delete(table.get(mark.supervisorPid)?.session ?? mark.supervisorPid);
      for (const entry of table.values()) {
        const isKin = members.has(entry.parent) || sessions.has(entry.session);
        if (isKin && !members.has(entry.pid) && mayJoin(entry)) {
          members.set(entry.pid, entry);
          grown = true;
        }
      }
    }
    return [...members.values()];
  });
}

/** Sends a signal to a process unless it is another one by now. */
export function signalProcess(entry: ProcessEntry, signal: NodeJS.Signals): void {
  if (readProcess(entry.pid)?.startTime !== entry.startTime) {
    return;
  }
  try {
    process.kill(entry.pid, signal);
  } catch {
    // Gone, or no longer ours (it changed its user): the next look will tell.
  }
}

function readTable(): Map<number, ProcessEntry> {
  const table = new Map<number, ProcessEntry>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const entry = Number.isInteger(pid) ? readProcess(pid) : null;
    if (entry) {
      table.set(pid, entry);
    }
  }
  return table;
}

function remember(read: (pid: number) => string): (pid: number) => string {
  const known = new Map<number, string>();
  return (pid) => {
    const value = known.get(pid) ?? read(pid);
    known.set(pid, value);
    return value;
  };
}

function readWorkingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function tryRead(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
