import { lstat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { errnoOf } from '../errors';
import { QuickCalls } from '../quick-calls';
import { SAMPLE_BYTES, compressWhole, deflated, isCompressible } from './compression';
import { NamedEntry, claimName, isRenamed, nameEntries } from './entry-names';
import { inOrder } from './in-order';
import { ArchiveNote, LeftOut, leftOutBy } from './left-out';
import { LoadedEntry, loadEntry } from './load-entry';
import { DirectoryEntry, OpenDirectory, joinPath } from './open-directory';
import { OpenedDirectory, openPermitted } from './permissions';
import { PieceStream } from './piece-stream';
import { RegularFile } from './regular-file';
import { inSlabs } from '../slabs';
import { ZipWriter } from './zip-writer';
import { ZIP_METHOD } from './zip-records';

export interface ArchiveOptions {
  /**
   * true: the tree may change while it is read (a job still runs). Files that vanish or grow are noted; modes are never
   * changed.
   * false: the tree is at rest. Entries of ours that can't be read are made readable (chmod u+r, u+rx) and stay so;
   * their original mode goes into the archive.
   */
  readonly live: boolean;
  /**
   * Name for the note inside the archive that lists what was left out, renamed or caught while it changed. A free
   * variant (`.1`, `.2`...) is taken if the tree has such a file. No note when there is nothing to tell.
   */
  readonly noteName: string;
  /**
   * Name of a directory in the root: its contents alone are archived. For a root that a job can exchange, too: neither
   * of the two is followed where it is a link.
   */
  readonly below?: string;
  /**
   * How the file system's calls are made; default: as suits a local disk. With RemoteCalls a stream that is destroyed
   * closes at once, and what it has open is closed as soon as the file system answers.
   */
  readonly calls?: QuickCalls;
}

// Files open at a time: these, the root, one directory.
const READ_AHEAD = 12;
const READ_AHEAD_BYTES = 256 * 1024;

const LINK_MODE = 0o120777;
const NOTE_MODE = 0o100644;

/**
 * A zip of every entry below `root`, paths relative to it. The stream ends only if the archive is whole; else it is
 * destroyed with the error (a failing disk; no descriptor to be had within 20 s). Nothing is opened before the first
 * read, and after `close` nothing is open: destroying it early stops the work within one chunk of a file.
 *
 * Links are kept as links if they are relative and lead nowhere outside, and never followed. Special files are never
 * opened. Names that a zip can't hold are escaped (see entry-names.ts). What is left out or altered stands in the note.
 * A missing root gives an archive with the note alone. In memory: read-ahead of under 1 MiB, the names of one directory,
 * and some 80 bytes an entry for the list at the end.
 */
export function archiveDirectory(root: string, options: ArchiveOptions): Readable {
  const archiver = new DirectoryArchiver(Buffer.from(root), options);
  return new PieceStream(inSlabs(archiver.pieces()), READ_AHEAD_BYTES, options.calls?.isRemote);
}

/** A directory still to be read: where it is on disk and in the archive (both relative to the root, empty for it). */
interface Place {
  readonly path: Buffer;
  readonly name: string;
}

/** Why there is nothing to archive. @throws the error when it says something else */
function missingRootText(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
      return 'The directory is gone: there was nothing to archive.';
    case 'ENOTDIR':
    case 'ELOOP':
      return 'In place of the directory is something else: there was nothing to archive.';
    default:
      return `The directory itself ${leftOutBy(error).reason}.`;
  }
}

class DirectoryArchiver {
  private readonly zip = new ZipWriter();
  private readonly note = new ArchiveNote();
  private readonly quick: QuickCalls;
  private readonly mayChmod: boolean;
  private readonly bitsForDirectories: number;
  /** Names at the top of the archive, among which the note needs one of its own. */
  private topNames: readonly NamedEntry[] = [];

  constructor(
    private readonly rootPath: Buffer,
    private readonly options: ArchiveOptions,
  ) {
    this.quick = options.calls ?? new QuickCalls();
    this.mayChmod = !options.live;
    this.bitsForDirectories = this.mayChmod ? 0o500 : 0;
  }

  async *pieces(): AsyncGenerator<Buffer> {
    const root = await this.openRoot();
    if (root !== undefined) {
      try {
        const places: Place[] = [{ path: Buffer.alloc(0), name: '' }];
        for (let place = places.pop(); place !== undefined; place = places.pop()) {
          yield* this.directory(root, place, places);
        }
      } finally {
        await root.close();
      }
    }
    const text = this.note.text();
    if (text !== undefined) {
      const name = claimName(this.options.noteName, new Set(this.topNames.map((each) => each.name)));
      yield* this.zip.whole({ name, mode: NOTE_MODE, mtimeMs: Date.now() }, await compressWhole(text));
    }
    yield* this.zip.end();
  }

  private async openRoot(): Promise<OpenDirectory | undefined> {
    const { rootPath, bitsForDirectories: bits, options } = this;
    try {
      const root = await openPermitted(rootPath, bits, this.quick, () => OpenDirectory.openRoot(rootPath, this.quick));
      if (options.below === undefined) {
        return root.directory;
      }
      try {
        const name = Buffer.from(options.below);
        const open = () => root.directory.openBelow(name);
        return (await openPermitted(root.directory.childPath(name), bits, this.quick, open)).directory;
      } finally {
        await root.directory.close();
      }
    } catch (error) {
      this.note.addLine(missingRootText(error));
      return undefined;
    }
  }

  /** One directory: its files; its sub-directories join `places`. */
  private async *directory(root: OpenDirectory, place: Place, places: Place[]): AsyncGenerator<Buffer> {
    const onDisk = root.childPath(place.path);
    const opened = await this.listReadable(onDisk, () => root.openBelow(place.path)).catch(leftOutBy);
    if (opened instanceof LeftOut) {
      this.note.add(joinPath(place.path, Buffer.alloc(0)), `left out: ${opened.reason}`);
      const stats = await this.quick.pooled(() => lstat(onDisk)).catch(() => undefined);
      if (stats?.isDirectory()) {
        yield* this.zip.directory({ name: `${place.name}/`, mode: stats.mode, mtimeMs: stats.mtimeMs });
      }
      return;
    }
    const { directory, mode, entries } = opened;
    try {
      const named = nameEntries(entries, isTop(place));
      if (isTop(place)) {
        this.topNames = named;
      }
      const below = named.filter(({ entry }) => entry.kind === 'directory');
      const files = named.filter(({ entry }) => entry.kind !== 'directory');
      const options = { mayChmod: this.mayChmod, rootLocation: root.location(), quick: this.quick };
      const loads = inOrder(files, READ_AHEAD, async (file) => ({
        file,
        loaded: await loadEntry(directory, file.entry, options),
      }));
      let isEmpty = below.length === 0;
      for await (const { file, loaded } of loads) {
        for await (const piece of this.entry(directory, place, file, loaded)) {
          isEmpty = false;
          yield piece;
        }
      }
      for (const child of below.reverse()) {
        const next = placeBelow(place, child);
        this.noteRenaming(next, child);
        places.push(next);
      }
      if (isEmpty && !isTop(place)) {
        yield* this.zip.directory({ name: `${place.name}/`, mode, mtimeMs: (await directory.stat()).mtimeMs });
      }
    } finally {
      await directory.close();
    }
  }

  private async *entry(
    directory: OpenDirectory,
    parent: Place,
    file: NamedEntry,
    loaded: LoadedEntry,
  ): AsyncGenerator<Buffer> {
    const place = placeBelow(parent, file);
    const { name, path } = place;
    if (loaded.kind !== 'left-out') {
      this.noteRenaming(place, file);
    }
    switch (loaded.kind) {
      case 'left-out':
        this.note.add(path, `left out: ${loaded.why.reason}`);
        break;
      case 'small': {
        const { mode, mtimeMs } = loaded.file;
        this.noteChange(path, loaded.file);
        yield* this.zip.whole({ name, mode, mtimeMs }, loaded.data);
        break;
      }
      case 'link': {
        const { target, mtimeMs } = loaded.link;
        yield* this.zip.whole({ name, mode: LINK_MODE, mtimeMs }, await compressWhole(target));
        break;
      }
      case 'large':
        yield* this.largeFile(directory.childPath(Buffer.from(file.entry.bytes, 'latin1')), place);
        break;
    }
  }

  private async *largeFile(onDisk: Buffer, { path, name }: Place): AsyncGenerator<Buffer> {
    const file = await RegularFile.open(onDisk, this.mayChmod, this.quick).catch(leftOutBy);
    if (file instanceof LeftOut) {
      this.note.add(path, `left out: ${file.reason}`);
      return;
    }
    try {
      const { mode, mtimeMs, size } = file;
      const isDeflated = await isCompressible(await file.readStart(SAMPLE_BYTES));
      const method = isDeflated ? ZIP_METHOD.deflated : ZIP_METHOD.stored;
      const encode = isDeflated ? deflated : (data: AsyncIterable<Buffer>) => data;
      yield* this.zip.streamed({ name, mode, mtimeMs }, size, method, file.chunks(), encode);
      this.noteChange(path, file);
    } finally {
      await file.close();
    }
  }

  private async listReadable(
    path: Buffer,
    open: () => Promise<OpenDirectory>,
  ): Promise<OpenedDirectory & { readonly entries: DirectoryEntry[] }> {
    const opened = await openPermitted(path, this.bitsForDirectories, this.quick, open);
    try {
      return { ...opened, entries: await opened.directory.list() };
    } catch (error) {
      await opened.directory.close();
      throw error;
    }
  }

  private noteRenaming({ path, name }: Place, entry: NamedEntry): void {
    if (isRenamed(entry)) {
      this.note.add(path, `renamed: here as ${name}`);
    }
  }

  private noteChange(path: Buffer, { change, size }: RegularFile): void {
    if (change === 'grew') {
      this.note.add(path, `grew while it was read: its first ${size} bytes are here`);
    } else if (change === 'shrank') {
      this.note.add(path, `was cut from ${size} bytes while it was read: what was left is here`);
    }
  }
}

function isTop(place: Place): boolean {
  return place.name === '';
}

function placeBelow(parent: Place, { entry, name }: NamedEntry): Place {
  const raw = Buffer.from(entry.bytes, 'latin1');
  return { path: joinPath(parent.path, raw), name: isTop(parent) ? name : `${parent.name}/${name}` };
}
