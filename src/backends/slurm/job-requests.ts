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
    minutes: minutesFor(resources.walltimeMs, service.prolog !== null),
    cpus: resources.cpus,
    memoryMiB: resources.memoryMiB,
    partition,
    account,
    qos,
    reservation,
    gres,
    constraint,
    options: options.filter(({ name }) => !(resources.memoryMiB !== null && name.startsWith(MEMORY_OTHERWISE))),
  };
}

/** `--mem-per-cpu` and `--mem-per-gpu`: sbatch takes them for a job without a memory of its own. */
const MEMORY_OTHERWISE = 'mem-per-';

/** The node's login shell, before the script; the prolog of a service, which may load much from a slow disk. */
const START_S = 50;
const PROLOG_S = 300;

/**
 * SLURM's time limit. Its clock starts before ours: what comes before the script, and the grace at its end, must not take
 * from the time that the script may run. So it is a minute above the run time (for a service with a prolog six), and may
 * lie above what a partition, QOS or account allows while the run time itself does not: see {@link withoutAllowance}.
 */
export function minutesFor(walltimeMs: number | null, hasProlog: boolean): number | null {
  return walltimeMs === null
    ? null
    : Math.ceil((walltimeMs / 1000 + START_S + (hasProlog ? PROLOG_S : 0) + GRACE_S) / 60);
}

/**
 * The same request with no more time than its script may run; `null`: it asks for no more. For a cluster that refuses what
 * is beyond its limits. One that takes such a job and lets it wait (EnforcePartLimits=NO) says so in the reason of the
 * wait, `PartitionTimeLimit`, and its operator sets MAX_RUNTIME as much lower as the allowance.
 */
export function withoutAllowance(request: SubmitRequest, walltimeMs: number | null): SubmitRequest | null {
  const minutes = walltimeMs === null ? null : Math.ceil(walltimeMs / 60_000);
  return minutes === request.minutes ? null : { ...request, minutes };
}
