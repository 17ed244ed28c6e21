import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { script } from '../support/script';
import type { SlurmServer } from './slurm-server';

/** Commands that make a result, and note each run in a file outside of the job's directory. */
export function counted(server: SlurmServer, name: string, commands = ''): string {
  return script(`echo ran >> ${join(server.pair.shared, name)}; echo result > out; ${commands}`);
}

export function runsOf(server: SlurmServer, name: string): number {
  const path = join(server.pair.shared, name);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).length : 0;
}
