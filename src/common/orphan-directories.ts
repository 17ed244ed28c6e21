import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errors';
import { removeTree } from './remove-tree';

/** Whose directories these are, and what is known of them. */
export interface Owner {
  readonly root: string;
  /** Names of its own form; nobody else's are touched. */
  readonly form: RegExp;
  /** Which of these directories belong to a row. */
  whichAreOwned(paths: readonly string[]): Promise<ReadonlySet<string>>;
}

/** What could not be removed, for the log. */
export interface Stuck {
  readonly path: string;
  readonly error: unknown;
}

const BATCH = 500;

/**
 * Removes directories of the owner's form that no row knows and that have not changed for `minAgeMs`: what crashes left
 * between a rename and a commit. The age protects accepted jobs when an older database has been restored.
 */
export async function removeOrphans(owner: Owner, minAgeMs: number): Promise<Stuck[]> {
  const stuck: Stuck[] = [];
  for (const path of await listOrphans(owner)) {
    if (await isOlder(path, minAgeMs)) {
      await removeTree(path).catch((error: unknown) => stuck.push({ path, error }));
    }
  }
  return stuck;
}

/** Directories of the owner's form that no row knows. */
export async function listOrphans(owner: Owner): Promise<string[]> {
  const names = (await listDirectory(owner.root)).filter((name) => owner.form.test(name));
  const orphans: string[] = [];
  for (let at = 0; at < names.length; at += BATCH) {
    const paths = names.slice(at, at + BATCH).map((name) => join(owner.root, name));
    const owned = await owner.whichAreOwned(paths);
    orphans.push(...paths.filter((path) => !owned.has(path)));
  }
  return orphans;
}

/** Removes what uploads left that were under way when the program died. Only while none is under way. */
export async function removeStaging(root: string, form: RegExp): Promise<Stuck[]> {
  const stuck: Stuck[] = [];
  for (const name of (await listDirectory(root)).filter((each) => form.test(each))) {
    const path = join(root, name);
    await removeTree(path).catch((error: unknown) => stuck.push({ path, error }));
  }
  return stuck;
}

async function listDirectory(root: string): Promise<string[]> {
  try {
    return await readdir(root);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

async function isOlder(path: string, minAgeMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs >= minAgeMs;
  } catch {
    return false;
  }
}
