import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface LiveProcess {
  pid: number;
  command: string;
}

/**
 * Live processes that belong to a directory: their working directory is in it, their environment names it, or they have
 * a file in it open (a supervisor its record). The home and temporary directory of a job lie in its executor's data
 * directory, so its processes are found wherever they went, as long as they keep their environment.
 */
export function processesOf(directory: string): LiveProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => belongsTo(pid, directory))
    .map((pid) => ({ pid, command: commandOf(pid) }));
}

/** Live processes whose command line holds `text`, as {@link processesOf} would show them. */
export function processesNamed(text: string): LiveProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: commandOf(Number(name)) }))
    .filter(({ pid, command }) => command.includes(text) && isAlive(pid));
}

/** Whether the process exists and has not ended (a zombie has). */
export function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !['Z', 'X'].includes(text.slice(text.lastIndexOf(')') + 2)[0] ?? 'X');
  } catch {
    return false;
  }
}

function belongsTo(pid: number, directory: string): boolean {
  try {
    if (!isAlive(pid)) {
      return false;
    }
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    return (
      cwd.startsWith(directory) ||
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes(directory) ||
      openFiles(pid).some((file) => file.startsWith(directory))
    );
  } catch {
    return false; // gone, or somebody else's
  }
}

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
