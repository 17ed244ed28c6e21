import { constants } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { OpenDirectory } from '../../common/archive/open-directory';
import { syncPath } from '../../common/durable-fs';
import type { RemoteCalls } from '../../common/remote-calls';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** What a crash left of a file; nobody goes on with it. */
export const UNFINISHED = /^\.[\w.-]+\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.part$/;

/**
 * Writes a small file: it is whole or not there, also after a power cut. Follows no link, neither in place of the file nor
 * of its directory: a job may have put them there.
 */
export async function writeDurably(path: string, text: string, calls: RemoteCalls): Promise<void> {
  const directory = await OpenDirectory.openRoot(Buffer.from(dirname(path)), calls);
  const within = (name: string) => directory.childPath(Buffer.from(name)).toString();
  const part = within(`.${basename(path)}.${randomUUID()}.part`);
  try {
    await calls.pooled(async () => {
      const handle = await open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
      try {
        await handle.writeFile(text);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(part, within(basename(path)));
    });
    await syncPath(within('.'), calls);
  } catch (error) {
    await calls.pooled(() => unlink(part)).catch(() => undefined);
    throw error;
  } finally {
    await directory.close();
  }
}
