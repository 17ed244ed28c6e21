import { constants } from 'node:fs';
import { access, copyFile, lstat, mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { renameDurably, syncPath } from '../../common/durable-fs';
import { errnoOf } from '../../common/errors';
import { removeTree } from '../../common/remove-tree';
import { SCRIPT_NAME } from '../../wire/protocol';
import { prepareScript } from '../../workload/prepare-script';
import type { ScriptFilterOptions } from '../../workload/script-filter/script-filter';
import { type JobPaths, pathsOf, TOMBSTONES } from './job-paths';
import { readJobId, readText } from './run-records';

/** What is to be written for a job before SLURM is given it. */
export interface NewJob {
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
    key: string,
  ) {
    this.paths = pathsOf(workDir, key);
  }

  /** Puts the directory in its place, whole, unless it is there already. What a crash left half made is replaced. */
  async prepare(job: NewJob): Promise<void> {
    if (await this.exists()) {
      return;
    }
    const staging = pathsOf(this.workDir, `.${this.paths.root.slice(this.workDir.length + 1)}.part`);
    await removeTree(staging.root);
    await mkdir(staging.work, { recursive: true });
    for (const directory of [staging.home, staging.tmp, staging.run]) {
      await mkdir(directory);
    }
    const prepared = await prepareScript(join(job.inputDir, SCRIPT_NAME), job.filter);
    if ('refusal' in prepared) {
      await writeFile(staging.refused, prepared.refusal);
    } else {
      await copyFiles(job.inputDir, staging.work);
      if (prepared.mended) {
        await writeFile(join(staging.work, SCRIPT_NAME), prepared.mended);
      }
      if (prepared.note !== '') {
        await writeFile(staging.note, prepared.note);
      }
      await writeFile(staging.batch, job.batchScript);
    }
    await syncPath(staging.run);
    await renameDurably(staging.root, this.paths.root);
  }

  async exists(): Promise<boolean> {
    return isThere(this.paths.root);
  }

  async handed(): Promise<Handed> {
    const reason = await readText(this.paths.refused);
    if (reason !== null) {
      return { state: 'refused', reason };
    }
    // What the job wrote itself is as good: it survives our crash between SLURM's answer and our record.
    const jobId = (await readJobId(this.paths.job)) ?? (await readJobId(this.paths.started));
    if (jobId !== null) {
      return { state: 'taken', jobId };
    }
    return { state: (await isThere(this.paths.asked)) ? 'asked' : 'not-asked' };
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
    return isThere(this.paths.tombstone);
  }

  /** Removes all but the tombstone. Repeatable. */
  async remove(): Promise<void> {
    await removeTree(this.paths.root);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return false;
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

/** The file is whole or not there, also after a power cut. */
async function writeDurably(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  const handle = await open(part, 'w');
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(part, path);
  await syncPath(dirname(path));
}
