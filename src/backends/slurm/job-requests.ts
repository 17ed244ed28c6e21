import type { JobSubmission } from '../backend';
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

/** That the job asks for no more than its service allows was seen to before. */
export function resourcesOf(job: JobSubmission, service: SlurmService): Resources {
  return {
    walltimeMs: (job.isWalltimeDefault ? service.walltimeMs : null) ?? job.walltimeMs ?? service.walltimeMs,
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
