// Directories are opened and their files reached through the descriptor (/proc/self/fd/N/name), so that a running job
// can't lead us elsewhere by swapping a directory for a link. Where there is no /proc, plain paths serve.
import * as fs from 'node:fs';
import { opendir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { chmodDescriptor, closeDescriptor, statDescriptor } from '../descriptors';
import { errnoOf } from '../errors';
import type { QuickCalls } from '../quick-calls';

const openFile = promisify(fs.open);
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;

const DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

const HAS_PROC = fs.existsSync('/proc/self/fd');
/** A directory with more is listed in the thread pool. */
const QUICK_ENTRIES = 64;
const SLASH = Buffer.from('/');

const RETRY_DESCRIPTORS_MS = 50;
const GIVE_UP_DESCRIPTORS_MS = 20_000;

/** fs.open that waits for up to 20 s while the process has no descriptor to spare. */
export async function openPatiently(path: Buffer, flags: number, quick: QuickCalls): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += RETRY_DESCRIPTORS_MS) {
    try {
      return quick.take() ? fs.openSync(path, flags) : await quick.pooled(() => openFile(path, flags));
    } catch (error) {
      const isShort = ['EMFILE', 'ENFILE'].includes(errnoOf(error) ?? '');
      if (!isShort || waitedMs >= GIVE_UP_DESCRIPTORS_MS) {
        throw error;
      }
    }
    await delay(RETRY_DESCRIPTORS_MS);
  }
}

export type EntryKind = 'file' | 'directory' | 'symbolic link' | 'FIFO' | 'socket' | 'device' | 'unknown';

/** An entry of a directory. A file's name is bytes in any order: here one character (latin1) for each. */
export interface DirectoryEntry {
  readonly bytes: string;
  readonly kind: EntryKind;
}

/** `directory` and `name` as one path. */
export function joinPath(directory: Buffer, name: Buffer): Buffer {
  return directory.length === 0 ? name : Buffer.concat([directory, SLASH, name]);
}

/** An open directory; whoever opened it closes it. */
export class OpenDirectory {
  private constructor(
    private readonly fd: number,
    private readonly path: Buffer,
    private readonly quick: QuickCalls,
  ) {}

  /** The directory from which all others are reached; a link in its place is refused (ENOTDIR), never followed. */
  static async openRoot(path: Buffer, quick: QuickCalls): Promise<OpenDirectory> {
    return new OpenDirectory(await openPatiently(path, DIRECTORY_FLAGS, quick), path, quick);
  }

  /**
   * The directory at `relative` (empty: this one again), if no part of the way is a link.
   * @throws ENOENT if it is not where it was, as if it had vanished
   */
  async openBelow(relative: Buffer): Promise<OpenDirectory> {
    const path = this.childPath(relative.length === 0 ? Buffer.from('.') : relative);
    const opened = new OpenDirectory(await openPatiently(path, DIRECTORY_FLAGS, this.quick), path, this.quick);
    try {
      if (HAS_PROC && relative.length > 0 && !opened.location().equals(joinPath(this.location(), relative))) {
        throw Object.assign(new Error(`${path.toString()} was moved while it was opened`), { code: 'ENOENT' });
      }
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Where the directory is now, without links. */
  location(): Buffer {
    return HAS_PROC
      ? fs.readlinkSync(`/proc/self/fd/${this.fd}`, { encoding: 'buffer' })
      : Buffer.from(fs.realpathSync.native(this.path, { encoding: 'buffer' }));
  }

  /** A path for system calls on a file of this directory; good while it is open. */
  childPath(name: Buffer): Buffer {
    return joinPath(this.ownPath(), name);
  }

  stat(): fs.Stats | Promise<fs.Stats> {
    return statDescriptor(this.fd, this.quick);
  }

  chmod(mode: number): void | Promise<void> {
    return chmodDescriptor(this.fd, mode, this.quick);
  }

  /** What is in the directory, in no order. */
  async list(): Promise<DirectoryEntry[]> {
    // The types lack 'buffer', and the Dirent's name is typed as a string.
    const options = { encoding: 'buffer', bufferSize: 512 } as unknown as fs.OpenDirOptions;
    const entries: DirectoryEntry[] = [];
    const add = (entry: fs.Dirent) =>
      entries.push({ bytes: (entry.name as unknown as Buffer).toString('latin1'), kind: kindOf(entry) });
    if (this.quick.take()) {
      const opened = fs.opendirSync(this.ownPath(), options);
      try {
        let entry = opened.readSync();
        for (; entry && entries.length < QUICK_ENTRIES; entry = opened.readSync()) {
          add(entry);
        }
        if (entry === null) {
          return entries;
        }
      } finally {
        opened.closeSync();
      }
      entries.length = 0;
    }
    // Not readdir: 200,000 names as Buffers and Dirents take 160 MB at once, so 50.
    await this.quick.pooled(async () => {
      for await (const entry of await opendir(this.ownPath(), options)) {
        add(entry);
      }
    });
    return entries;
  }

  close(): void | Promise<void> {
    return closeDescriptor(this.fd, this.quick);
  }

  private ownPath(): Buffer {
    return HAS_PROC ? Buffer.from(`/proc/self/fd/${this.fd}`) : this.path;
  }
}

function kindOf(entry: fs.Dirent): EntryKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'symbolic link';
  if (entry.isFIFO()) return 'FIFO';
  if (entry.isSocket()) return 'socket';
  return entry.isBlockDevice() || entry.isCharacterDevice() ? 'device' : 'unknown';
}
