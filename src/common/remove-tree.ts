import { randomUUID } from 'node:crypto';
import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { chmod, lstat, rename, rmdir, unlink } from 'node:fs/promises';
import { inOrder } from './archive/in-order';
import { OpenDirectory, joinPath } from './archive/open-directory';
import { openPermitted } from './archive/permissions';
import { OrchestratorError, errnoOf, messageOf } from './errors';
import { QuickCalls } from './quick-calls';

/** Something of a tree could not be removed; what was removed before stays removed. May be called again. */
export class TreeNotRemovedError extends OrchestratorError {
  readonly code = 'tree-not-removed';
  readonly retryable = true;

  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(`cannot remove ${path}: ${errnoOf(cause) ?? messageOf(cause)}`, { cause });
  }
}

const PARALLEL_UNLINKS = 8;
const ALL_FOR_OWNER = 0o700;
/** Normal are two; a directory that keeps filling while it is emptied is given up after so many. */
const MAX_VISITS = 20;
/** Deeper directories are moved up to the root first: a path of more than 4095 bytes can't be opened. */
const MAX_PATH_BYTES = 2000;

/** A directory that is still to go, by its path relative to the root (empty: the root). */
interface Doomed {
  readonly path: Buffer;
  visits: number;
}

/**
 * Removes a file or a directory with all that is in it, and resolves when nothing is left; a missing path is fine.
 * Links are removed, never followed. Directories without permission bits are opened up first (so the tree must be at
 * rest); names of any bytes and trees of any depth are removed.
 * @param calls how the file system's calls are made; default: as suits a local disk
 * @throws TreeNotRemovedError naming the path that stays
 */
export async function removeTree(path: string, calls = new QuickCalls()): Promise<void> {
  await naming(Buffer.from(path), async () => {
    const stats = calls.isRemote
      ? await calls.pooled(() => lstat(path)).catch(unless('ENOENT'))
      : lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      await new TreeRemover(Buffer.from(path), calls).run();
    } else if (stats !== undefined) {
      await calls.pooled(() => unlink(path)).catch(unless('ENOENT'));
    }
  });
}

class TreeRemover {
  private readonly movedName = `.${randomUUID()}.`;
  private moved = 0;

  constructor(
    private readonly rootPath: Buffer,
    private readonly quick: QuickCalls,
  ) {}

  async run(): Promise<void> {
    const { directory: root } = await openPermitted(this.rootPath, ALL_FOR_OWNER, this.quick, () =>
      OpenDirectory.openRoot(this.rootPath, this.quick),
    );
    try {
      const doomed: Doomed[] = [{ path: Buffer.alloc(0), visits: 0 }];
      for (let next = doomed.at(-1); next !== undefined; next = doomed.at(-1)) {
        const { path } = next;
        next.visits += 1;
        const isLastVisit = next.visits >= MAX_VISITS;
        const onDisk = path.length === 0 ? this.rootPath : joinPath(this.rootPath, path);
        const { isGone, below } = await naming(onDisk, () => this.visit(root, path, isLastVisit));
        if (isGone) {
          doomed.pop();
        }
        doomed.push(...below.map((each) => ({ path: each, visits: 0 })));
      }
    } finally {
      await root.close();
    }
  }

  /** Removes the files of a directory, and itself if it has no sub-directories; else these are to go before it. */
  private async visit(
    root: OpenDirectory,
    path: Buffer,
    isLastVisit: boolean,
  ): Promise<{ isGone: boolean; below: Buffer[] }> {
    const opened = await openPermitted(root.childPath(path), ALL_FOR_OWNER, this.quick, () =>
      root.openBelow(path),
    ).catch(
      // Gone, or something else by now, which the next visit to its parent will find.
      unless('ENOENT', 'ENOTDIR', 'ELOOP'),
    );
    if (opened === undefined) {
      return { isGone: true, below: [] };
    }
    const { directory } = opened;
    try {
      const below: Buffer[] = [];
      const files: Buffer[] = [];
      for (const entry of await directory.list()) {
        (entry.kind === 'directory' ? below : files).push(Buffer.from(entry.bytes, 'latin1'));
      }
      const unlinked = inOrder(files, PARALLEL_UNLINKS, (name) =>
        naming(joinPath(joinPath(this.rootPath, path), name), () =>
          this.unlink(directory.childPath(name)).catch(unless('ENOENT', 'EISDIR')),
        ),
      );
      while (!(await unlinked.next()).done);
      if (below.length > 0 && !isLastVisit) {
        return { isGone: false, below: await this.within(root, directory, path, below) };
      }
    } finally {
      await directory.close();
    }
    const ignored = isLastVisit ? ['ENOENT'] : ['ENOENT', 'ENOTEMPTY'];
    const onDisk = path.length === 0 ? this.rootPath : root.childPath(path);
    const isGone = await this.rmdir(onDisk).then(
      () => true,
      (error: unknown) => {
        unless(...ignored)(error);
        return errnoOf(error) === 'ENOENT';
      },
    );
    return { isGone, below: [] };
  }

  private async unlink(path: Buffer): Promise<void> {
    if (this.quick.take()) {
      unlinkSync(path);
    } else {
      await this.quick.pooled(() => unlink(path));
    }
  }

  private async rmdir(path: Buffer): Promise<void> {
    if (this.quick.take()) {
      rmdirSync(path);
    } else {
      await this.quick.pooled(() => rmdir(path));
    }
  }

  /** The paths at which the sub-directories `names` can be visited. */
  private async within(
    root: OpenDirectory,
    directory: OpenDirectory,
    path: Buffer,
    names: Buffer[],
  ): Promise<Buffer[]> {
    if (path.length < MAX_PATH_BYTES) {
      return names.map((name) => (path.length === 0 ? name : joinPath(path, name)));
    }
    const paths: Buffer[] = [];
    for (const name of names) {
      const top = Buffer.from(`${this.movedName}${this.moved++}`);
      const from = directory.childPath(name);
      // A directory without our write permission can't change its parent.
      const moveUp = () => this.quick.pooled(() => rename(from, root.childPath(top)));
      await moveUp().catch(async (error: unknown) => {
        unless('EACCES')(error);
        await this.quick.pooled(() => chmod(from, ALL_FOR_OWNER));
        await moveUp();
      });
      paths.push(top);
    }
    return paths;
  }
}

/** Handler of a rejection: errors of these kinds are as good as success. */
function unless(...codes: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  };
}

/** Errors of system calls get the path that a reader knows, in place of the one by which it was reached. */
async function naming<T>(path: Buffer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TreeNotRemovedError ? error : new TreeNotRemovedError(path.toString(), error);
  }
}
