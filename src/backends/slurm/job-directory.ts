import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renameDurably, syncPath } from '../../common/durable-fs';
import { errnoOf } from '../../common/errors';
import type { RemoteCalls } from '../../common/remote-calls';
import { removeTree } from '../../common/remove-tree';
import { SCRIPT_NAME } from '../../wire/protocol';
import { prepareScript } from '../../workload/prepare-script';
import type { ScriptFilterOptions } from '../../workload/script-filter/script-filter';
import { writeDurably } from './durable-text';
import { readJobFiles } from './job-file-reader';
import { type JobPaths, pathsOf, stagingNameOf, TOMBSTONES } from './job-paths';
import { parseJobId } from './run-records';
import { callsOn } from './work-directory-calls';

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
  private readonly calls: RemoteCalls;

  constructor(
    private readonly workDir: string,
    private readonly key: string,
  ) {
    this.paths = pathsOf(workDir, key);
    this.calls = callsOn(workDir);
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
    await removeTree(staging.root, this.calls);
    try {
      await fill(staging, job, this.calls);
      await renameDurably(staging.root, this.paths.root, this.calls);
    } catch (error) {
      // The disk may be full: of uploads that nobody would ask for again.
      await removeTree(staging.root, this.calls).catch(() => undefined);
      throw error;
    }
  }

  async exists(): Promise<boolean> {
    return (await kindAt(this.paths.root, this.calls)) === 'directory';
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
    await writeDurably(this.paths.asked, '', this.calls);
  }

  async noteTaken(jobId: number): Promise<void> {
    await writeDurably(this.paths.job, `${jobId} .\n`, this.calls);
  }

  /** No job of this key may begin from now on: neither we nor its batch script let it. */
  async bury(): Promise<void> {
    await this.calls.pooled(() => mkdir(join(this.workDir, TOMBSTONES), { recursive: true }));
    await writeDurably(this.paths.tombstone, '', this.calls);
  }

  async isBuried(): Promise<boolean> {
    return (await kindAt(this.paths.tombstone, this.calls)) !== null;
  }

  /** Removes all but the tombstone. Repeatable. */
  async remove(): Promise<void> {
    await removeTree(this.paths.root, this.calls);
  }
}

/** All of it survives a power cut once this resolves. */
async function fill(paths: JobPaths, job: NewJob, calls: RemoteCalls): Promise<void> {
  const write = (path: string, data: string | Buffer) => calls.pooled(() => writeFile(path, data));
  for (const directory of [paths.root, paths.work, paths.home, paths.tmp, paths.run]) {
    await calls.pooled(() => mkdir(directory));
  }
  await write(paths.service, `${job.service}\n`);
  const prepared = await prepareScript(join(job.inputDir, SCRIPT_NAME), job.filter);
  if ('refusal' in prepared) {
    await write(paths.refused, prepared.refusal);
  } else {
    await copyFiles(job.inputDir, paths.work, calls);
    if (prepared.mended) {
      await write(join(paths.work, SCRIPT_NAME), prepared.mended);
    }
    if (prepared.note !== '') {
      await write(paths.note, prepared.note);
    }
    if (prepared.hint !== '') {
      await write(paths.hint, prepared.hint);
    }
    await write(paths.batch, job.batchScript);
  }
  await syncAll(paths.work, calls);
  await syncAll(paths.root, calls);
}

/**
 * A directory, and what is in it. A directory that has its name is never made again: after a power cut it has to be whole
 * (SLURM may also remember a job that this machine has forgotten).
 */
async function syncAll(directory: string, calls: RemoteCalls): Promise<void> {
  for (const name of await calls.pooled(() => readdir(directory, { encoding: 'buffer' }))) {
    await syncPath(Buffer.concat([Buffer.from(`${directory}/`), name]), calls);
  }
  await syncPath(directory, calls);
}

/** Nothing is followed: a job may have left links. */
async function kindAt(path: string, calls: RemoteCalls): Promise<'directory' | 'other' | null> {
  try {
    return (await calls.pooled(() => lstat(path))).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** Shares blocks where the file system can (reflink). Links and whatever else is no file are left behind, unfollowed. */
async function copyFiles(from: string, to: string, calls: RemoteCalls): Promise<void> {
  for (const name of await readdir(from, { encoding: 'buffer' })) {
    const source = Buffer.concat([Buffer.from(`${from}/`), name]);
    if ((await lstat(source)).isFile()) {
      const target = Buffer.concat([Buffer.from(`${to}/`), name]);
      await calls.pooled(() => copyFile(source, target, constants.COPYFILE_FICLONE));
    }
  }
}
