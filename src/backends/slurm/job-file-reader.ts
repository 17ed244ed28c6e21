/**
 * Files of a job's directory, as the job may have left them: it can put links, FIFOs and directories in their place and
 * make them of any size, the directory `run` included. So below WORKDIR nothing is followed, nothing but regular files is
 * read, and of those no more than a little. By way of descriptors, not of paths: what has been looked at can't be
 * exchanged before it is read.
 */
import { constants } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { OpenDirectory } from '../../common/archive/open-directory';
import { errnoOf } from '../../common/errors';
import type { JobPaths } from './job-paths';
import { callsOn } from './work-directory-calls';

/** More of a file is not read. */
export const READ_BYTES = 4096;

/** Which part of a file that is longer. */
export type Part = 'start' | 'end';

/** What can't be opened as what it should be is not there: a link, a socket, a directory that is a file. */
const ABSENT: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV'];
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Texts of some of the files in one of a job's directories; `null` for each that isn't there, or is no regular file.
 * @throws other errors of the file system, which say nothing about the job
 */
export async function readJobFiles<Name extends keyof JobPaths>(
  paths: JobPaths,
  directory: 'root' | 'run',
  wanted: Readonly<Record<Name, Part>>,
): Promise<Readonly<Record<Name, string | null>>> {
  const names = Object.keys(wanted) as Name[];
  const calls = callsOn(dirname(paths.root));
  const root = await unlessAbsent(OpenDirectory.openRoot(Buffer.from(paths.root), calls));
  const here = directory === 'root' ? root : await openRun(root, paths);
  try {
    if (here !== null) {
      await calls.pooled(() => lookAgain(here));
    }
    const texts = await Promise.all(
      names.map(async (name): Promise<[Name, string | null]> => {
        const path = here?.childPath(Buffer.from(basename(paths[name])));
        return [name, path === undefined ? null : await unlessAbsent(calls.pooled(() => readPart(path, wanted[name])))];
      }),
    );
    return Object.fromEntries(texts) as Record<Name, string | null>;
  } finally {
    await here?.close();
  }
}

/** Closes the root. */
async function openRun(root: OpenDirectory | null, paths: JobPaths): Promise<OpenDirectory | null> {
  try {
    return root === null ? null : await unlessAbsent(root.openBelow(Buffer.from(basename(paths.run))));
  } finally {
    await root?.close();
  }
}

/** A network file system may hold on to the news that a file isn't there; listing the directory asks its server. */
async function lookAgain(directory: OpenDirectory): Promise<void> {
  const listed = await opendir(directory.childPath(Buffer.from('.')).toString());
  try {
    await listed.read();
  } finally {
    await listed.close();
  }
}

async function readPart(path: Buffer, part: Part): Promise<string | null> {
  // Without waiting for the writer of a FIFO.
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      return null;
    }
    const from = part === 'start' ? 0 : Math.max(0, found.size - READ_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (ABSENT.includes(errnoOf(error) ?? '')) {
      return null;
    }
    throw error;
  }
}
