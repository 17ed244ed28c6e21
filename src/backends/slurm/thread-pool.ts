import { resolve } from 'node:path';
import type { ServerConfig } from '../../config/server-config';
import { SLURM } from './slurm.config';
import { THREADS_EACH } from './work-directory-calls';

/** What Node has by itself: these remain for databases, uploads and name look-ups. */
const OTHERS = 4;
/** No pool has more. */
const MOST = 1024;

/**
 * Gives the thread pool threads for each work directory of SLURM's, since a network file system that hangs keeps those
 * that it has got. Before the pool is first used: later it is without effect. What the operator has set stays.
 */
export function widenThreadPool({ services }: Pick<ServerConfig, 'services'>, env: NodeJS.ProcessEnv): void {
  const workDirs = [...services.values()]
    .filter(({ backend }) => backend === SLURM)
    .map(({ backendSettings }) => resolve(backendSettings.get('WORKDIR') ?? ''));
  if (workDirs.length > 0 && !env.UV_THREADPOOL_SIZE) {
    env.UV_THREADPOOL_SIZE = String(Math.min(MOST, OTHERS + THREADS_EACH * new Set(workDirs).size));
  }
}
