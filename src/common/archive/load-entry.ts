import type { QuickCalls } from '../quick-calls';
import { compressWhole } from './compression';
import { LeftOut, leftOutBy } from './left-out';
import { DirectoryEntry, OpenDirectory } from './open-directory';
import { RegularFile } from './regular-file';
import { KeptLink, readSymbolicLink } from './symbolic-link';
import { WholeData } from './zip-writer';

/** What there is of an entry that is no directory. Nothing of it is open any more. */
export type LoadedEntry =
  | { readonly kind: 'small'; readonly file: RegularFile; readonly data: WholeData }
  /** To be opened again and streamed when its turn comes. */
  | { readonly kind: 'large' }
  | { readonly kind: 'link'; readonly link: KeptLink }
  | { readonly kind: 'left-out'; readonly why: LeftOut };

/** Files up to it are read whole, several at a time; larger ones are streamed, one at a time. */
const SMALL_FILE_BYTES = 64 * 1024;

export interface LoadOptions {
  /** Files of ours that can't be read may be made readable. */
  readonly mayChmod: boolean;
  /** The archived directory without links in its path: links may lead nowhere outside. */
  readonly rootLocation: Buffer;
  readonly quick: QuickCalls;
}

/** Looks at an entry, and reads it if it is small. Only what lstat calls a regular file is opened. */
export async function loadEntry(
  directory: OpenDirectory,
  { bytes, kind }: DirectoryEntry,
  { mayChmod, rootLocation, quick }: LoadOptions,
): Promise<LoadedEntry> {
  const name = Buffer.from(bytes, 'latin1');
  try {
    if (kind === 'symbolic link') {
      const link = await quick.pooled(() => readSymbolicLink(directory, name, rootLocation));
      return link instanceof LeftOut ? { kind: 'left-out', why: link } : { kind: 'link', link };
    }
    if (kind !== 'file') {
      return {
        kind: 'left-out',
        why: new LeftOut(`${kind === 'unknown' ? 'special file' : kind}, not a regular file`),
      };
    }
    const file = await RegularFile.open(directory.childPath(name), mayChmod, quick);
    if (file instanceof LeftOut) {
      return { kind: 'left-out', why: file };
    }
    try {
      return file.size > SMALL_FILE_BYTES
        ? { kind: 'large' }
        : { kind: 'small', file, data: await compressWhole(await file.readWhole()) };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { kind: 'left-out', why: leftOutBy(error) };
  }
}
