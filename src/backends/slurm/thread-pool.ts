import { resolve } from 'node:path';
import { THREADS_EACH } from './work-directory-calls';

/** What Node has by itself: these remain for databases, uploads and name look-ups. */
const OTHERS = 4;
/** No pool has more. */
const MOST = 1024;

/**
 * Gives the thread pool threads for each work directory of SLURM's, since a network file system that hangs keeps those
 * that it has got. Before the pool is first used, or it is without effect: so by the environment as it is, before any
 * configuration is read, whose faults are told later. What the operator has set stays.
 */
export function widenThreadPool(env: NodeJS.ProcessEnv): void {
  const workDirs = Object.entries(env).flatMap(([name, value]) => {
    const [, service] = /^SERVICE_(.+)_BACKEND$/.exec(name) ?? [];
    return service !== undefined && value?.trim() === 'slurm' ? [env[`SERVICE_${service}_SLURM_WORKDIR`] ?? ''] : [];
  });
  if (workDirs.length > 0 && !env.UV_THREADPOOL_SIZE) {
    const each = new Set(workDirs.map((path) => resolve(path)));
    env.UV_THREADPOOL_SIZE = String(Math.min(MOST, OTHERS + THREADS_EACH * each.size));
  }
}
