import { existsSync } from 'node:fs';
import { join } from 'node:path';

const BASH = ['/bin/bash', '/usr/bin/bash'];

/** Node 24 has it; the types are of an older one. */
type Execve = (file: string, args: readonly string[], env: Record<string, string>) => never;

/**
 * As PID 1 of a container, makes place for a small init that reaps orphans (init.sh) and goes on as its child.
 * Returns only where that isn't needed, or can't be done: on Node 20 somebody else (tini, `--init`) has to be PID 1.
 */
export function handOverPid1(): void {
  const { execve } = process as { execve?: Execve };
  const bash = BASH.find((path) => existsSync(path));
  if (process.pid !== 1 || !execve || bash === undefined) {
    return;
  }
  const script = join(__dirname, 'init.sh');
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  execve(bash, ['bash', script, process.execPath, ...process.execArgv, ...process.argv.slice(1)], env);
}
