import 'reflect-metadata';
import { exitOnError } from './app/exit-on-error';
import { runServer } from './app/run-server';
import { widenThreadPool } from './backends/slurm/thread-pool';
import { loadEnvFile } from './config/load-env-file';

// Server mode by `nest start`; the command line is in cli.ts.
async function main(): Promise<void> {
  loadEnvFile();
  widenThreadPool(process.env);
  await runServer(process.env);
}

main().catch(exitOnError);
