import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';

/** Why a test can't be done here; `undefined` when it can. */
export type Obstacle = string | undefined;

/** A test that needs something of the machine. Where that is missing it shows as skipped, with the reason in its name. */
export function itUnless(obstacle: Obstacle, name: string, test: () => Promise<void>, timeoutMs?: number): void {
  if (obstacle === undefined) it(name, test, timeoutMs);
  else it.skip(`${name} (skipped: ${obstacle})`, test);
}

export function notRoot(): Obstacle {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

export function missingCommand(command: string): Obstacle {
  const found = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  return found ? undefined : `no ${command} on this machine`;
}

/** `path`: any path on the file system that is meant. */
export function freeDiskBelow(gigabytes: number, path: string): Obstacle {
  const disk = statfsSync(path);
  const free = (disk.bavail * disk.bsize) / 1e9;
  return free < gigabytes ? `${free.toFixed(1)} GB free under ${path}, needs ${gigabytes}` : undefined;
}

const LISTENING = '0A';

/** Somebody on this machine listens on the port already (proc(5), /proc/net/tcp). */
export function portTaken(port: number): Obstacle {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const isTaken = ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).some((table) =>
    readFileSync(table, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .some(([, local, , state]) => local?.endsWith(suffix) && state === LISTENING),
  );
  return isTaken ? `port ${port} is taken here` : undefined;
}
