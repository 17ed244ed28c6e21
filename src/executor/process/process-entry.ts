import { readFileSync } from 'node:fs';

/** A live process, from /proc (proc(5)). */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Somebody sits before it: it is no job's. */
  readonly hasTerminal: boolean;
  /** Clock ticks since boot: tells a process from a later one of the same pid. */
  readonly startTime: string;
}

/** Clock ticks of /proc are hundredths of a second on every Linux that Node runs on. */
export const TICK_MS = 10;

/** Reads one process; `null` when it is gone, or a zombie, which can do nothing any more. */
export function readProcess(pid: number): ProcessEntry | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The command's name, in parentheses, may hold anything, parentheses and spaces included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  if (state === undefined || state === 'Z' || state === 'X') {
    return null;
  }
  return {
    pid,
    parent: Number(parent),
    session: Number(fields[3]),
    hasTerminal: fields[4] !== '0',
    startTime: fields[19] ?? '',
  };
}

/** The id of this boot of the machine; pids and start times mean something only within one. */
export function readBootId(): string {
  return (bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
}

let bootId: string | undefined;

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
