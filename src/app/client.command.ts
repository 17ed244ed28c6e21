import { Command } from 'nest-commander';
import { BaseCommand } from '../commands/base.command';
import { loadEnvFile } from '../config/load-env-file';
import { exitOnError } from './exit-on-error';
import { handOverPid1 } from './hand-over-pid1';

@Command({ name: 'client', description: 'run jobs that a server sends: an executor' })
export class ClientCommand extends BaseCommand {
  protected override readonly remarks = [
    'Set up by environment variables, and by .env in this directory; `job-orchestrator check --client` tries them.',
  ];
  protected override readonly examples = ['client'];

  async run(): Promise<void> {
    try {
      handOverPid1();
      loadEnvFile();
      // Other commands must not wait for all that this one loads.
      const { runClient } = await import('./run-client.js');
      await runClient(process.env);
    } catch (error) {
      exitOnError(error);
    }
  }
}
