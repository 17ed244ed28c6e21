import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'nest-commander';
import { BaseCommand } from '../commands/base.command';
import { messageOf, OrchestratorError } from '../common/errors';
import { loadEnvFile } from '../config/load-env-file';
import { readDbPath } from '../config/common-settings';
import { exitOnError } from './exit-on-error';

/** The backup can't be made as it was asked for. */
class BackupError extends OrchestratorError {
  readonly code = 'backup';
  readonly retryable = false;
}

/** Only the database: files of jobs are under DATA_PATH, and any tool can copy those. */
@Command({
  name: 'backup',
  arguments: '<file>',
  argsDescription: { file: 'the copy; there may be no such file yet' },
  description: 'copy the database of DB_PATH to a new file, while server and client run',
})
export class BackupCommand extends BaseCommand {
  protected override readonly examples = ['backup jobs-2026-11-25.sqlite'];

  async run([file = '']: string[]): Promise<void> {
    try {
      loadEnvFile();
      const dbPath = readDbPath(process.env);
      const target = resolve(file);
      if (existsSync(target)) {
        throw new BackupError(`${target} is there already: a backup overwrites nothing`);
      }
      if (!existsSync(dbPath)) {
        throw new BackupError(`there is no database ${dbPath} (DB_PATH)`);
      }
      // Other commands must not wait for TypeORM.
      const { copyDatabaseFile } = await import('../database/copy-database.js');
      await copyDatabaseFile(dbPath, target).catch((error: unknown) => {
        throw new BackupError(`${dbPath} could not be copied to ${target}: ${messageOf(error)}`, { cause: error });
      });
      process.stdout.write(`${dbPath} was copied to ${target}\n`);
    } catch (error) {
      exitOnError(error);
    }
  }
}
