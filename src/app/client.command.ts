import { Command, CommandRunner } from 'nest-commander';
import { loadEnvFile } from '../config/load-env-file';
import { exitOnError } from './exit-on-error';
import { handOverPid1 } from './hand-over-pid1';
import { runClient } from './run-client';

@Command({ name: 'client', description: 'run jobs that a server sends: an executor' })
export class ClientCommand extends CommandRunner {
  async run(): Promise<void> {
    try {
      handOverPid1();
      loadEnvFile();
      await runClient(process.env);
    } catch (error) {
      exitOnError(error);
    }
  }
}
