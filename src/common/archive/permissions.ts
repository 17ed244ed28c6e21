import { chmod, lstat } from 'node:fs/promises';
import { errnoOf } from '../errors';
import type { QuickCalls } from '../quick-calls';
import { OpenDirectory } from './open-directory';

/** An open directory, and the mode that it had before anything was changed. */
export interface OpenedDirectory {
  readonly directory: OpenDirectory;
  readonly mode: number;
}

/** Adds permission bits to something that is no link, and says which mode it had. */
export async function addPermissions(path: Buffer, bits: number, calls: QuickCalls): Promise<number> {
  const { mode } = await calls.pooled(() => lstat(path));
  await calls.pooled(() => chmod(path, (mode & 0o7777) | bits));
  return mode;
}

/**
 * Opens a directory and sees to it that the owner has these permission bits on it, if we are the owner; 0 changes
 * nothing. `path` is what `open` opens.
 */
export async function openPermitted(
  path: Buffer,
  bits: number,
  calls: QuickCalls,
  open: () => Promise<OpenDirectory>,
): Promise<OpenedDirectory> {
  let modeBefore: number | undefined;
  const directory = await open().catch(async (error: unknown) => {
    if (errnoOf(error) !== 'EACCES' || bits === 0) {
      throw error;
    }
    modeBefore = await addPermissions(path, bits, calls);
    return open();
  });
  const { mode, uid } = await directory.stat();
  if ((mode & bits) !== bits && uid === process.geteuid?.()) {
    await directory.chmod((mode & 0o7777) | bits);
  }
  return { directory, mode: modeBefore ?? mode };
}
