import { realpath, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errnoOf, messageOf } from '../../common/errors';

/** By statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x0bd00bd0: 'Lustre',
  0x47504653: 'GPFS',
  0x19830326: 'BeeGFS',
  0x00c36400: 'Ceph',
  0xef53: 'ext4',
  0x58465342: 'XFS',
  0x9123683e: 'Btrfs',
  0x2fc12fc1: 'ZFS',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlay',
};

const GIB = 1024 ** 3;

/** What is wrong with a work directory, or what it is on. */
export type WorkDirectoryCheck = { readonly fault: string } | { readonly limits: string };

/**
 * Looks whether jobs can have their directories there: by making and removing a file.
 * @param dataPath the server's own job directories, which have the same names
 */
export async function checkWorkDirectory(path: string, dataPath: string): Promise<WorkDirectoryCheck> {
  try {
    if (!(await stat(path)).isDirectory()) {
      return { fault: 'is not a directory' };
    }
  } catch (error) {
    return { fault: errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be looked at: ${messageOf(error)}` };
  }
  const ours = await realpath(dataPath).catch(() => resolve(dataPath));
  if ((await realpath(path)) === ours) {
    return { fault: 'is DATA_PATH as well: give it a directory of its own' };
  }
  const probe = join(path, `.probe-${process.pid}`);
  try {
    await writeFile(probe, 'x');
    await rm(probe);
  } catch (error) {
    return { fault: `cannot be written to: ${errnoOf(error) ?? messageOf(error)}` };
  }
  const found = await statfs(path);
  const kind = FILE_SYSTEMS[found.type] ?? `a file system of type 0x${found.type.toString(16)}`;
  const free = `${gib(found.bavail * found.bsize)} of ${gib(found.blocks * found.bsize)} GiB free`;
  // Some file systems make as many as are wanted, and say 0.
  const files = found.files === 0 ? 'no limit of files' : `room for ${found.ffree} more files`;
  return { limits: `${kind}, ${free}, ${files}` };
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}
