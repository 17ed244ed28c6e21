import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { makeDirectory } from '../common/make-directory';
import { renameDurably, syncPath } from '../common/durable-fs';
import { removeTree } from '../common/remove-tree';
import { CLIENT_CONFIG } from '../config/config.module';
import type { ClientConfig } from '../config/client-config';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** What the names of all directories of payloads end in, those of the Rust program's client, `7.run`, included. */
export const DIRECTORY_ENDING = '.run';

/** Names of directories of payloads, and of submissions under way. */
export const PAYLOAD_DIRECTORY = new RegExp(`^${UUID}\\.run$`);
export const STAGING_DIRECTORY = new RegExp(`^${UUID}\\.run\\.part$`);

/** The parts of one payload's directory. Only `work` goes into its archive. */
export interface PayloadDirs {
  readonly loc: string;
  /** The job's working directory. */
  readonly work: string;
  /** HOME and TMPDIR of the job: one directory, since each costs its share of making and removing. */
  readonly home: string;
  /** What the supervisor records: a file (see supervisor.sh). */
  readonly record: string;
}

/** Where the parts of a payload's directory are. */
export function dirsOf(loc: string): PayloadDirs {
  return { loc, work: join(loc, 'work'), home: join(loc, 'home'), record: join(loc, 'record') };
}

/**
 * The files of payloads: `DATA_PATH/<uuid>.run/`. A submission grows in `<uuid>.run.part` and gets its name by rename.
 * The ending tells an executor's directories from a server's: both may share one DATA_PATH, and neither may take the
 * other's for rubbish.
 */
@Injectable()
export class PayloadFiles {
  readonly root: string;

  constructor(@Inject(CLIENT_CONFIG) config: ClientConfig) {
    this.root = config.dataPath;
  }

  /** Returns the directory in which the submitted files are written. */
  openStaging(name: string): string {
    const { loc, work, home } = dirsOf(this.staging(name));
    // Not asynchronous, here and elsewhere for single names: a trip through the thread pool costs more than the call.
    makeDirectory(loc);
    mkdirSync(work);
    mkdirSync(home);
    return work;
  }

  /** Puts a received submission in its place, synced to disk; returns the payload's directory. */
  async publish(name: string): Promise<string> {
    const loc = join(this.root, `${name}.run`);
    await syncPath(this.staging(name));
    await renameDurably(this.staging(name), loc);
    return loc;
  }

  async discard(name: string): Promise<void> {
    await removeTree(this.staging(name));
    await removeTree(join(this.root, `${name}.run`));
  }

  async remove(loc: string): Promise<void> {
    if (loc !== '') {
      await removeTree(loc);
    }
  }

  /**
   * What goes into the archive: the working directory. A payload of the Rust program's client, as long as it still runs
   * after it was taken over, has its files right in its directory, which has a number for a name.
   */
  archiveRoot(loc: string): string {
    return loc.endsWith(DIRECTORY_ENDING) ? dirsOf(loc).work : loc;
  }

  /** What would go into the archive is still there: a script may have deleted it, or put a link in its place. */
  has(loc: string): boolean {
    return lstatSync(this.archiveRoot(loc), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  private staging(name: string): string {
    return join(this.root, `${name}.run.part`);
  }
}
