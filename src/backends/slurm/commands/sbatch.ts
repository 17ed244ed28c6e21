import { mayRequeue, type SubmitRequest } from '../submit-request';

/** Its own environment becomes the job's: whoever runs it gives it BATCH_ENVIRONMENT. */
export function sbatchArgs(request: SubmitRequest): string[] {
  const { minutes, cpus, memoryMiB, partition, account, qos, reservation, gres, constraint } = request;
  const named = {
    'job-name': request.name,
    comment: request.comment,
    chdir: request.directory,
    output: request.output,
    time: minutes,
    'cpus-per-task': cpus,
    mem: memoryMiB === null ? null : `${memoryMiB}M`,
    partition,
    account,
    qos,
    reservation,
    gres,
    constraint,
  };
  return [
    '--parsable',
    // Not NONE: that fetches a login environment by a way that can hold the job in the queue.
    '--export=ALL',
    ...(mayRequeue(request.options) ? [] : ['--no-requeue']),
    ...Object.entries(named).flatMap(([name, value]) => (value === null ? [] : [`--${name}=${value}`])),
    ...request.options.map(({ name, value }) => (value === null ? `--${name}` : `--${name}=${value}`)),
    request.scriptPath,
  ];
}

/** The job's id, of `12` or `12;cluster`; `null` when that is not what sbatch said. */
export function parseSbatch(output: string): number | null {
  const [, id] = /^(\d{1,10})(?:;[^\s;]+)?$/.exec(output.trim()) ?? [];
  return id === undefined ? null : Number(id);
}
