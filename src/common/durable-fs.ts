import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Syncs a directory, so that names made, renamed or removed in it survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Renames for good: when this resolves, the new name survives a power cut. Both are in one directory. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}
