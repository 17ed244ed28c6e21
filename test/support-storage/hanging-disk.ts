import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Obstacle } from '../support-jobs/conditions';

/** Why no {@link HangingDisk} can be had here: found out by mounting one. */
export function noHangingDisk(): Obstacle {
  try {
    HangingDisk.mount().remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * A mounted file system whose server never answers, as that of a network file system: every call on it hangs until it is
 * removed. So only other processes may touch it; they can be killed.
 */
export class HangingDisk {
  private constructor(
    readonly path: string,
    /** The file system's server (fuse(4)): requests that nobody reads. */
    private readonly server: number,
  ) {}

  /**
   * @param path an empty directory, which goes with it
   * @throws Error when it can't be mounted
   */
  static mount(path = mkdtempSync(join(tmpdir(), 'orchestrator-hanging-'))): HangingDisk {
    const server = openSync('/dev/fuse', 'r+');
    const options = 'fd=3,rootmode=40755,user_id=0,group_id=0';
    const { status, stderr, error } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'hanging', path], {
      stdio: ['ignore', 'ignore', 'pipe', server],
      encoding: 'utf8',
    });
    if (status !== 0) {
      closeSync(server);
      rmdirSync(path);
      throw new Error(`mount: ${error?.message ?? stderr.trim()}`);
    }
    return new HangingDisk(path, server);
  }

  /** What hangs fails now. */
  remove(): void {
    closeSync(this.server);
    spawnSync('umount', ['-l', this.path]);
    rmdirSync(this.path);
  }
}
