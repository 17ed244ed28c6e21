import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably, syncPath } from '../../common/durable-fs';
import { errnoOf } from '../../common/errors';
import { removeTree } from '../../common/remove-tree';
import { SCRIPT_NAME } from '../../wire/protocol';
import { prepareScript } from '../../workload/prepare-script';
import type { ScriptFilterOptions } from '../../workload/script-filter/script-filter';
import { writeDurably } from './durable-text';
import { readJobFiles } from './job-file-reader';
import { type JobPaths, pathsOf, stagingNameOf, TOMBSTONES } from './job-paths';
import { parseJobId } from './run-records';

/** What is to be written for a job before SLURM is given it. */
export interface NewJob {
  readonly service: string;
  /** The uploaded files, flat; nothing but files is taken. */
  readonly inputDir: string;
  readonly batchScript: string;
  readonly filter: ScriptFilterOptions;
}

/** What a job's directory says of where the job is. */
export type Handed =
  /** SLURM was never asked to take it. */
  | { readonly state: 'not-asked' }
  /** SLURM was asked; whether it took it is not written here. */
  | { readonly state: 'asked' }
  | { readonly state: 'taken'; readonly jobId: number }
  /** Its script was refused; it never goes to SLURM. */
  | { readonly state: 'refused'; readonly reason: string };

/** One job's directory below WORKDIR, as the backend writes it. */
export class JobDirectory {
  readonly paths: JobPaths;

  constructor(
    private readonly workDir: string,
    private readonly key: string,
  ) {
    this.paths = pathsOf(workDir, key);
  }

  /**
   * Puts the directory in its place, whole, unless it is there already. What a crash left half made is replaced; after an
   * error nothing is left.
   */
  async prepare(job: NewJob): Promise<void> {
    if (await this.exists()) {
      return;
    }
    const staging = pathsOf(this.workDir, stagingNameOf(this.key));
    await removeTree(staging.root);
    try {
      await fill(staging, job);
      await renameDurably(staging.root, this.paths.root);
    } catch (error) {
      // The disk may be full: of uploads that nobody would ask for again.
      await removeTree(staging.root).catch(() => undefined);
      throw error;
    }
  }

  async exists(): Promise<boolean> {
    return (await kindAt(this.paths.root)) === 'directory';
  }

  async handed(): Promise<Handed> {
    const [{ refused, job, asked }, { started }] = await Promise.all([
      readJobFiles(this.paths, 'root', { refused: 'start', job: 'start', asked: 'start' }),
      readJobFiles(this.paths, 'run', { started: 'start' }),
    ]);
    if (refused !== null) {
      return { state: 'refused', reason: refused };
    }
    // What the job wrote itself is as good: it survives our crash between SLURM's answer and our record.
    const jobId = parseJobId(job) ?? parseJobId(started);
    if (jobId !== null) {
      return { state: 'taken', jobId };
    }
    return { state: asked === null ? 'not-asked' : 'asked' };
  }

  /** From here on SLURM may have the job. */
  async noteAsked(): Promise<void> {
    await writeDurably(this.paths.asked, '');
  }

  async noteTaken(jobId: number): Promise<void> {
    await writeDurably(this.paths.job, `${jobId} .\n`);
  }

  /** No job of this key may begin from now on: neither we nor its batch script let it. */
  async bury(): Promise<void> {
    await mkdir(join(this.workDir, TOMBSTONES), { recursive: true });
    await writeDurably(this.paths.tombstone, '');
  }

  async isBuried(): Promise<boolean> {
    return (await kindAt(this.paths.tombstone)) !== null;
  }

  /** Removes all but the tombstone. Repeatable. */
  async remove(): Promise<void> {
    await removeTree(this.paths.root);
  }
}

async function fill(paths: JobPaths, job: NewJob): Promise<void> {
  for (const directory of [paths.root, paths.work, paths.home, paths.tmp, paths.run]) {
    await mkdir(directory);
  }
  await writeFile(paths.service, `${job.service}\n`);
  const prepared = await prepareScript(join(job.inputDir, SCRIPT_NAME), job.filter);
  if ('refusal' in prepared) {
    await writeFile(paths.refused, prepared.refusal);
  } else {
    await copyFiles(job.inputDir, paths.work);
    if (prepared.mended) {
      await writeFile(join(paths.work, SCRIPT_NAME), prepared.mended);
    }
    if (prepared.note !== '') {
      await writeFile(paths.note, prepared.note);
      await syncPath(paths.note);
    }
    if (prepared.hint !== '') {
      await writeFile(paths.hint, prepared.hint);
      await syncPath(paths.hint);
    }
    await writeFile(paths.batch, job.batchScript);
    await syncFiles(paths.work);
  }
  await syncPath(paths.root);
}

/** SLURM, on another machine, may remember the job after a power cut here: then its files have to be whole. */
async function syncFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory, { encoding: 'buffer' })) {
    await syncPath(Buffer.concat([Buffer.from(`${directory}/`), name]));
  }
  await syncPath(directory);
}

/** Nothing is followed: a job may have left links. */
async function kindAt(path: string): Promise<'directory' | 'other' | null> {
  try {
    return (await lstat(path)).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** Shares blocks where the file system can (reflink). Links and whatever else is no file are left behind, unfollowed. */
async function copyFiles(from: string, to: string): Promise<void> {
  for (const name of await readdir(from, { encoding: 'buffer' })) {
    const source = Buffer.concat([Buffer.from(`${from}/`), name]);
    if ((await lstat(source)).isFile()) {
      await copyFile(source, Buffer.concat([Buffer.from(`${to}/`), name]), constants.COPYFILE_FICLONE);
    }
  }
}
