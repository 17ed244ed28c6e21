import { restProperties } from '../sbatch-options';
import { BATCH_ENVIRONMENT, mayRequeue, type SubmitRequest } from '../submit-request';

/** From here on numbers that may be left open are objects, and the environment is a list. */
const OBJECTS_SINCE = 39;

/** The body of a submission to `/slurm/v0.0.<version>/job/submit`. What is not asked for is left out. */
export function jobBody(version: number, request: SubmitRequest): string {
  const isNew = version >= OBJECTS_SINCE;
  const number = (value: number | null) =>
    value === null ? null : isNew ? { set: true, infinite: false, number: value } : value;
  const properties = {
    name: request.name,
    comment: request.comment,
    current_working_directory: request.directory,
    standard_output: request.output,
    environment: isNew
      ? Object.entries(BATCH_ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
      : BATCH_ENVIRONMENT,
    // Before, whatever is said here (false, 0) means yes: the batch script has the last word.
    requeue: isNew || mayRequeue(request.options) ? mayRequeue(request.options) : null,
    time_limit: number(request.minutes),
    cpus_per_task: request.cpus,
    memory_per_node: number(request.memoryMiB),
    partition: request.partition,
    account: request.account,
    qos: request.qos,
    reservation: request.reservation,
    constraints: request.constraint,
    [isNew ? 'tres_per_node' : 'gres']: request.gres === null || !isNew ? request.gres : withGresPrefix(request.gres),
    ...restProperties(request.options),
  };
  const asked = Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
  return JSON.stringify({ script: request.script, job: asked });
}

/** `gpu:1,lic:2` becomes `gres/gpu:1,gres/lic:2`. */
function withGresPrefix(gres: string): string {
  return gres
    .split(',')
    .map((each) => (each.startsWith('gres/') ? each : `gres/${each}`))
    .join(',');
}
