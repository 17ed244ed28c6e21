import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OPEN_READONLY } from 'sqlite3';
import { Command, CommandRunner } from 'nest-commander';
import { DataSource } from 'typeorm';
import { messageOf, OrchestratorError } from '../common/errors';
import { loadEnvFile } from '../config/load-env-file';
import { readDbPath } from '../config/common-settings';
import { copyDatabase } from '../database/copy-database';
import { BUSY_TIMEOUT_MS } from '../database/data-source';
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
  description: 'copy the database of DB_PATH to a new file, while server and client run',
})
export class BackupCommand extends CommandRunner {
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
      await copyTo(dbPath, target).catch((error: unknown) => {
        throw new BackupError(`${dbPath} could not be copied to ${target}: ${messageOf(error)}`, { cause: error });
      });
      process.stdout.write(`${dbPath} was copied to ${target}\n`);
    } catch (error) {
      exitOnError(error);
    }
  }
}

async function copyTo(dbPath: string, target: string): Promise<void> {
  const dataSource = new DataSource({
    type: 'sqlite',
    database: dbPath,
    flags: OPEN_READONLY,
    busyTimeout: BUSY_TIMEOUT_MS,
  });
  await dataSource.initialize();
  try {
    await copyDatabase(dataSource, target);
  } finally {
    await dataSource.destroy();
  }
}
