import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { makeDirectory } from '../common/make-directory';
import { renameDurably, syncPath } from '../common/durable-fs';
import { removeTree } from '../common/remove-tree';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Names of directories of jobs, and of uploads under way. */
export const JOB_DIRECTORY = new RegExp(`^${UUID}$`);
export const STAGING_DIRECTORY = new RegExp(`^${UUID}\\.part$`);

/** Where an upload is written before it is accepted. */
export interface Staging {
  readonly key: string;
  /** Holds the uploaded files. */
  readonly inputDir: string;
}

/**
 * The files of jobs on the server: `DATA_PATH/<uuid>/input/` as uploaded, `DATA_PATH/<uuid>/output.zip` the results.
 * An upload grows in `<uuid>.part` and gets its name by rename once it is whole, so a directory without the ending is a
 * job's, and one with it can be thrown away.
 */
@Injectable()
export class JobFiles {
  readonly root: string;

  constructor(@Inject(SERVER_CONFIG) config: ServerConfig) {
    this.root = config.dataPath;
  }

  openStaging(key: string): Staging {
    const directory = join(this.root, `${key}.part`);
    const inputDir = join(directory, 'input');
    // Not asynchronous, here and elsewhere for single names: a trip through the thread pool costs more than the call.
    makeDirectory(directory);
    mkdirSync(inputDir);
    return { key, inputDir };
  }

  /** Puts a received upload in its place, synced to disk; returns the job's directory. */
  async publish(staging: Staging): Promise<string> {
    const from = join(this.root, `${staging.key}.part`);
    const loc = join(this.root, staging.key);
    await syncPath(from);
    await renameDurably(from, loc);
    return loc;
  }

  /**
   * Notes the id of an accepted job in its directory, so that a server whose database was replaced by an older copy
   * knows which ids were given away. Not synced: it helps where it is there.
   */
  noteId(loc: string, id: number): void {
    try {
      symlinkSync(String(id), join(loc, 'id'));
    } catch {
      // A full disk, or one without links.
    }
  }

  /** Takes away whatever there is of an upload that was not accepted. */
  async discard(staging: Staging): Promise<void> {
    await removeTree(join(this.root, `${staging.key}.part`));
    await removeTree(join(this.root, staging.key));
  }

  /** Where the uploaded files are. The Rust program has them right in the job's directory. */
  inputDir(loc: string): string {
    const own = join(loc, 'input');
    // A file of this name may be one of the Rust program's uploads.
    return statSync(own, { throwIfNoEntry: false })?.isDirectory() ? own : loc;
  }

  /** The results of an ended job; for a failed one, the files as they were at its end. */
  archivePath(loc: string): string {
    return join(loc, 'output.zip');
  }

  /** Where results arrive: one name a job, so that a new attempt replaces what a crash left. */
  incomingPath(loc: string): string {
    return join(loc, 'output.zip.part');
  }

  hasArchive(loc: string): boolean {
    try {
      return statSync(this.archivePath(loc), { throwIfNoEntry: false })?.isFile() ?? false;
    } catch {
      return false;
    }
  }

  /** The results are here: the uploaded files, which are in the archive too, are needed no longer. */
  async dropInput(loc: string): Promise<void> {
    await removeTree(join(loc, 'input'));
    rmSync(this.incomingPath(loc), { force: true });
  }

  async remove(loc: string): Promise<void> {
    await removeTree(loc);
  }
}

/** The id that was noted in a job's directory; 0 if there is none. */
export async function notedId(loc: string): Promise<number> {
  const text = await readlink(join(loc, 'id')).catch(() => '');
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
