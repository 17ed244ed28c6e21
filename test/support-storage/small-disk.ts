import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../src/common/errors';
import type { Obstacle } from '../support-jobs/conditions';

export const MIB = 1024 * 1024;
const BLOCK = Buffer.alloc(64 * 1024, 1);

/** Why no {@link SmallDisk} can be had here: found out by mounting one. */
export function noSmallDisk(): Obstacle {
  try {
    SmallDisk.mount(MIB).remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A file system of a few MiB in memory (tmpfs), mounted on a directory of its own. */
export class SmallDisk {
  private readonly ballast: string;

  private constructor(
    /** A directory on it, empty at first. */
    readonly path: string,
    private readonly mountPoint: string,
  ) {
    this.ballast = join(mountPoint, 'ballast');
  }

  /** @throws Error when it can't be mounted */
  static mount(bytes: number): SmallDisk {
    const mountPoint = mkdtempSync(join(tmpdir(), 'orchestrator-disk-'));
    try {
      mustRun('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0755`, 'orchestrator-test', mountPoint]);
    } catch (error) {
      rmSync(mountPoint, { recursive: true });
      throw error;
    }
    const path = join(mountPoint, 'files');
    mkdirSync(path);
    return new SmallDisk(path, mountPoint);
  }

  /** Bytes that can still be written. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.mountPoint);
    return bavail * bsize;
  }

  /** Takes up all that is free but for `left` bytes, which are counted in pages of 4 KiB. */
  fill(left = 0): void {
    const file = openSync(this.ballast, 'a');
    try {
      while (this.free > left) {
        writeSync(file, BLOCK, 0, Math.min(BLOCK.length, this.free - left));
      }
    } catch (error) {
      // Somebody else took the last page.
      if (errnoOf(error) !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Takes back what {@link fill} took. */
  makeRoom(): void {
    rmSync(this.ballast, { force: true });
  }

  remove(): void {
    mustRun('umount', ['-l', this.mountPoint]);
    rmSync(this.mountPoint, { recursive: true });
  }
}

function mustRun(command: string, args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${command}: ${error?.message ?? stderr.trim()}`);
  }
}
