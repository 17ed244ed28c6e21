import { constants, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf, messageOf } from '../common/errors';
import { RESERVED_NAMES, SCRIPT_NAME } from '../wire/protocol';
import { UsageError } from './command.errors';

/** A file of a job to be submitted. */
export interface JobFile {
  readonly path: string;
  /** What it is called in the job: the last segment of the path. */
  readonly name: string;
  readonly bytes: number;
}

/** The files of a job, and what of a directory was left out. */
export interface JobFiles {
  readonly files: readonly JobFile[];
  readonly leftOut: readonly string[];
}

/**
 * Finds the files that a command line means: files as they are named, of a directory the files in it. A job is flat, so a
 * directory within a directory is refused, as are two files of one name; all before anything is sent.
 * @throws UsageError
 */
export async function findJobFiles(paths: readonly string[]): Promise<JobFiles> {
  const files: JobFile[] = [];
  const leftOut: string[] = [];
  for (const path of paths) {
    const found = await look(path);
    if (!found.isDirectory()) {
      files.push(await jobFile(path, found));
      continue;
    }
    for (const name of (await readdir(path)).sort()) {
      const inner = join(path, name);
      // The logs of an earlier run, in a directory that was unpacked from its results.
      if (RESERVED_NAMES.includes(name)) {
        leftOut.push(inner);
        continue;
      }
      const entry = await look(inner);
      if (entry.isDirectory()) {
        throw new UsageError(
          `${inner} is a directory: a job's files are flat. Name the files one by one, or pack it (tar) and unpack it in ${SCRIPT_NAME}`,
        );
      }
      files.push(await jobFile(inner, entry));
    }
  }
  refuseTwins(files);
  if (!files.some(({ name }) => name === SCRIPT_NAME)) {
    throw new UsageError(`there is no ${SCRIPT_NAME} among the files: it is what a job runs`);
  }
  return { files, leftOut };
}

async function look(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw new UsageError(errnoOf(error) === 'ENOENT' ? `there is no file ${path}` : `${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function jobFile(path: string, found: Stats): Promise<JobFile> {
  const name = basename(path);
  if (!found.isFile()) {
    throw new UsageError(`${path} is neither a file nor a directory`);
  }
  if (/[\\\p{Cc}\uFFFD]/u.test(name)) {
    throw new UsageError(
      `${JSON.stringify(path)}: a name with a backslash, a control character or bytes that are not UTF-8 can't be sent; rename it`,
    );
  }
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw new UsageError(`${path} may not be read by this user`, { cause: error });
  });
  return { path, name, bytes: found.size };
}

function refuseTwins(files: readonly JobFile[]): void {
  const seen = new Map<string, string>();
  for (const { name, path } of files) {
    const twin = seen.get(name);
    if (twin !== undefined) {
      throw new UsageError(`${twin} and ${path} have one name, ${name}: the directories of a path are dropped`);
    }
    seen.set(name, path);
  }
}
