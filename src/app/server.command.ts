import { Command, CommandRunner } from 'nest-commander';
import { loadEnvFile } from '../config/load-env-file';
import { exitOnError } from './exit-on-error';
import { runServer } from './run-server';

@Command({ name: 'server', description: 'take jobs over REST, queue them, hand them to backends, keep the results' })
export class ServerCommand extends CommandRunner {
  async run(): Promise<void> {
    try {
      loadEnvFile();
      await runServer(process.env);
    } catch (error) {
      exitOnError(error);
    }
  }
}
