import { closeSync, fsync, openSync, renameSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { QuickCalls } from './quick-calls';

const sync = promisify(fsync);
const LOCAL = new QuickCalls(0);

interface Syncing {
  readonly running: Promise<void>;
  next: Promise<void> | null;
}

const syncing = new Map<string, Syncing>();

/** Syncs a file or a directory: its contents, or the names made, renamed or removed in it, survive a power cut. */
export async function syncPath(path: string | Buffer, calls = LOCAL): Promise<void> {
  if (calls.isRemote) {
    return calls.pooled(() => syncInPool(path));
  }
  // Only the sync itself takes time: opening in the thread pool would cost more than it.
  const descriptor = openSync(path, 'r');
  try {
    await sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function syncInPool(path: string | Buffer): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As {@link syncPath}, of a directory in which many make names: those who come while it is synced share the next sync. */
async function syncShared(path: string, calls: QuickCalls): Promise<void> {
  const now = syncing.get(path);
  if (now) {
    return (now.next ??= now.running.then(
      () => startSync(path, calls),
      (error: unknown) => {
        // The system tells of an error once, to whoever syncs next: it may be that of their names.
        syncing.delete(path);
        throw error;
      },
    ));
  }
  return startSync(path, calls);
}

function startSync(path: string, calls: QuickCalls): Promise<void> {
  const mine: Syncing = {
    running: syncPath(path, calls).finally(() => {
      if (mine.next === null) {
        syncing.delete(path);
      }
    }),
    next: null,
  };
  syncing.set(path, mine);
  return mine.running;
}

/** Renames for good: when this resolves, the new name survives a power cut. Both are in one directory. */
export async function renameDurably(from: string, to: string, calls = LOCAL): Promise<void> {
  if (calls.isRemote) {
    await calls.pooled(() => rename(from, to));
  } else {
    renameSync(from, to);
  }
  await syncShared(dirname(to), calls);
}
