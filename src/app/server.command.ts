import { Command } from 'nest-commander';
import { widenThreadPool } from '../backends/slurm/thread-pool';
import { BaseCommand } from '../commands/base.command';
import { loadEnvFile } from '../config/load-env-file';
import { exitOnError } from './exit-on-error';

@Command({ name: 'server', description: 'take jobs over REST, queue them, hand them to backends, keep the results' })
export class ServerCommand extends BaseCommand {
  protected override readonly remarks = [
    'Set up by environment variables, and by .env in this directory; `job-orchestrator check` tries them.',
  ];
  protected override readonly examples = ['server'];

  async run(): Promise<void> {
    try {
      loadEnvFile();
      // Before the import, which is the first to use the pool.
      widenThreadPool(process.env);
      // Other commands must not wait for all that this one loads.
      const { runServer } = await import('./run-server.js');
      await runServer(process.env);
    } catch (error) {
      exitOnError(error);
    }
  }
}
