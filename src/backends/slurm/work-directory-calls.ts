import { resolve } from 'node:path';
import { RemoteCalls } from '../../common/remote-calls';

/** Threads for each work directory. A network file system answers some thousand calls a second on so many. */
export const THREADS_EACH = 16;

// As there is one thread pool: for the whole process.
const known = new Map<string, RemoteCalls>();

/** How all calls on a work directory, and below it, are made: by whomever, they share its threads. */
export function callsOn(workDir: string): RemoteCalls {
  const key = resolve(workDir);
  const calls = known.get(key) ?? new RemoteCalls(THREADS_EACH);
  known.set(key, calls);
  return calls;
}
