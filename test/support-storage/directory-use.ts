import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What lies under a directory. */
export interface DirectoryUse {
  /** Paths relative to it, directories included, sorted. */
  readonly entries: string[];
  readonly bytes: number;
}

/** Entries may come and go while it looks. */
export function directoryUse(directory: string): DirectoryUse {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  const bytes = entries.reduce((sum, entry) => {
    const found = lstatSync(join(directory, entry), { throwIfNoEntry: false });
    return sum + (found?.isFile() ? found.size : 0);
  }, 0);
  return { entries, bytes };
}
