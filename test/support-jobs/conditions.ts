import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';

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
