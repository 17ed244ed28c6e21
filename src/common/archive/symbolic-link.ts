import { lstat, readlink, realpath } from 'node:fs/promises';
import { errnoOf } from '../errors';
import { quotePath } from './entry-names';
import { LeftOut } from './left-out';
import { OpenDirectory } from './open-directory';

const SLASH = '/';

/** A link that may go into the archive. */
export interface KeptLink {
  readonly target: Buffer;
  readonly mtimeMs: number;
}

/**
 * Reads a link and judges it: kept only if it is relative and its way, at every step, stays inside the root (a way that
 * leaves and comes back by the root's own name would lead elsewhere from where the archive is unpacked).
 * What it points at is never opened.
 * `rootLocation`: the root without links in its path.
 */
export async function readSymbolicLink(
  directory: OpenDirectory,
  name: Buffer,
  rootLocation: Buffer,
): Promise<KeptLink | LeftOut> {
  const path = directory.childPath(name);
  const target = await readlink(path, { encoding: 'buffer' });
  const { mtimeMs } = await lstat(path);
  const refused = await faultOf(directory, target, rootLocation);
  return refused === undefined
    ? { target, mtimeMs }
    : new LeftOut(`symbolic link to ${quotePath(target)}, which ${refused}`);
}

async function faultOf(directory: OpenDirectory, target: Buffer, rootLocation: Buffer): Promise<string | undefined> {
  // latin1 keeps every byte as it is.
  const parts = target.toString('latin1').split(SLASH);
  if (parts[0] === '') {
    return 'is absolute';
  }
  for (let length = 1; length <= parts.length; length++) {
    if (length < parts.length && parts[length - 1] !== '..') {
      continue;
    }
    const way = Buffer.from(parts.slice(0, length).join(SLASH), 'latin1');
    try {
      if (!isInside(await realpath(directory.childPath(way), { encoding: 'buffer' }), rootLocation)) {
        return 'leads out of the directory';
      }
    } catch (error) {
      return faultOfErrno(error);
    }
  }
  return undefined;
}

function faultOfErrno(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return 'does not exist';
    case 'ELOOP':
      return 'leads in a circle';
    case 'EACCES':
    case 'EPERM':
      return 'could not be looked at: permission denied';
    default:
      throw error;
  }
}

function isInside(path: Buffer, root: Buffer): boolean {
  return path.equals(root) || path.subarray(0, root.length + 1).equals(Buffer.concat([root, Buffer.from(SLASH)]));
}
