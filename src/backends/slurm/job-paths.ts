import { join } from 'node:path';

/**
 * `WORKDIR/<key>/`: what there is of one job on the shared file system. Only `work` goes into its archive. What is in
 * `run` is the memory of the job, which may write there what it likes; what only the backend writes stands above, where a
 * job that runs as another user than the server can't change it. All of it outlives what SLURM remembers.
 */
export interface JobPaths {
  readonly root: string;
  /** The job's working directory. */
  readonly work: string;
  /** HOME and TMPDIR of the job. */
  readonly home: string;
  readonly tmp: string;
  readonly run: string;
  /** Written by us: the service that the job is of. Marks a directory as one of ours. */
  readonly service: string;
  /** Written by us: the batch script. */
  readonly batch: string;
  /** What the prolog says. */
  readonly prolog: string;
  /** What the batch script says: of a directory that it does not see, of a shell that can't read it. */
  readonly output: string;
  /** Written by us before SLURM is given the job: from here on it may have it. */
  readonly asked: string;
  /** Written by us: `JOBID .`, the job that SLURM made. */
  readonly job: string;
  /** Written by us: why the script was refused; such a job never goes to SLURM. */
  readonly refused: string;
  /** Written by us: what was mended in the script, for the user. */
  readonly note: string;
  /** Written by us: what may be why the script failed, should it fail. */
  readonly hint: string;
  /** A directory that the batch script makes: whichever SLURM job makes it may run the script, any other leaves. */
  readonly claim: string;
  /** Written by the batch script: `JOBID .`, the job that runs the script. */
  readonly started: string;
  /** Written by the batch script when it ends the job for its run time: the limit in milliseconds. */
  readonly overtime: string;
  /**
   * Written by the batch script: `JOBID script|signalled|prolog|again CODE .`, how it ended; `signalled`: the script,
   * after the job had been sent a SIGTERM.
   */
  readonly exit: string;
  /** What the shell that ran run.sh said of its end; see scriptEndOf. */
  readonly notice: string;
  /** Beside the job directories: somebody wants no job of this key, or no more of it. */
  readonly tombstone: string;
}

/** Beside the job directories. Keys never start with a dot. */
export const TOMBSTONES = '.terminated';

/** Beside the job directories: one that is being made. */
export function stagingNameOf(key: string): string {
  return `.${key}.part`;
}

export function pathsOf(workDir: string, key: string): JobPaths {
  const root = join(workDir, key);
  const run = join(root, 'run');
  return {
    root,
    work: join(root, 'work'),
    home: join(root, 'home'),
    tmp: join(root, 'tmp'),
    run,
    service: join(root, 'service'),
    batch: join(root, 'batch.sh'),
    prolog: join(run, 'prolog'),
    output: join(run, 'output'),
    asked: join(root, 'asked'),
    job: join(root, 'job'),
    refused: join(root, 'refused'),
    note: join(root, 'note'),
    hint: join(root, 'hint'),
    claim: join(run, 'claim'),
    started: join(run, 'started'),
    overtime: join(run, 'overtime'),
    exit: join(run, 'exit'),
    notice: join(run, 'notice'),
    tombstone: join(workDir, TOMBSTONES, key),
  };
}
