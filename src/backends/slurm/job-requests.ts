import type { JobSubmission } from '../backend';
import { BackendRejectedError } from '../backend.errors';
import { GRACE_S } from './batch-script';
import type { JobPaths } from './job-paths';
import type { SlurmService } from './slurm.config';
import { jobNameOf, type SubmitRequest } from './submit-request';

/** What a job gets: what it asks for, else what its service is set up with. `null`: the cluster's default. */
export interface Resources {
  readonly walltimeMs: number | null;
  readonly cpus: number | null;
  readonly memoryMiB: number | null;
}

/** @throws BackendRejectedError when it asks for more than its service allows */
export function resourcesOf(job: JobSubmission, service: SlurmService): Resources {
  const { maxWalltimeMs, maxCpus, maxMemoryMiB } = service;
  demand(job.walltimeMs, maxWalltimeMs, `${(maxWalltimeMs ?? 0) / 1000} s of run time`);
  demand(job.cpus, maxCpus, `${maxCpus ?? 0} CPUs`);
  demand(job.memoryMiB, maxMemoryMiB, `${maxMemoryMiB ?? 0} MiB of memory`);
  return {
    walltimeMs: job.walltimeMs ?? service.walltimeMs,
    cpus: job.cpus ?? service.cpus,
    memoryMiB: job.memoryMiB ?? service.memoryMiB,
  };
}

/** What SLURM is asked for. */
export function requestOf(
  key: string,
  paths: JobPaths,
  script: string,
  service: SlurmService,
  resources: Resources,
): SubmitRequest {
  const { partition, account, qos, reservation, gres, constraint, options } = service;
  return {
    name: jobNameOf(key),
    comment: key,
    directory: paths.run,
    output: paths.output,
    script,
    scriptPath: paths.batch,
    minutes: minutesFor(resources.walltimeMs),
    cpus: resources.cpus,
    memoryMiB: resources.memoryMiB,
    partition,
    account,
    qos,
    reservation,
    gres,
    constraint,
    options,
  };
}

/** SLURM's unit, rounded up, with the grace in it: the batch script counts the seconds and comes first. */
export function minutesFor(walltimeMs: number | null): number | null {
  return walltimeMs === null ? null : Math.ceil((walltimeMs / 1000 + GRACE_S) / 60);
}

function demand(wanted: number | null, limit: number | null, text: string): void {
  if (wanted !== null && limit !== null && wanted > limit) {
    throw new BackendRejectedError(`the job asks for more than its service allows: ${text}`);
  }
}
