import { basename, isAbsolute, join, resolve } from 'node:path';

/**
 * Where a directory is that another program has noted: the path may be relative to where that one was started, or the
 * files have moved since, to `root`.
 * @param isThere whether it is at a path; one that is nowhere is said to be where it was noted
 */
export async function locateMoved(
  noted: string,
  root: string,
  isThere: (path: string) => Promise<boolean>,
): Promise<string> {
  const asNoted = resolve(noted);
  if (await isThere(asNoted)) {
    return asNoted;
  }
  const inRoot = join(root, basename(noted));
  return !isAbsolute(noted) || (await isThere(inRoot)) ? inRoot : asNoted;
}
