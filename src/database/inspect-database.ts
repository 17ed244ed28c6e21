import { existsSync } from 'node:fs';
import { OPEN_READONLY } from 'sqlite3';
import { DataSource } from 'typeorm';
import { BUSY_TIMEOUT_MS, QUIET_SQLITE } from './data-source';
import { DatabaseDamagedError, isDamage } from './database.errors';
import { MIGRATIONS } from './migrations/migrations';
import { refuseNewer } from './prepare-database';

/** What a start would do with the database. */
export type DatabaseState =
  /** There is none yet; it would be made. */
  | 'absent'
  | 'current'
  /** An older release's: its tables would be brought up to this release. */
  | 'older'
  /** The Rust program's, or an empty file: it would be copied and taken over. */
  | 'foreign';

/**
 * Looks at a database without changing anything, also while programs use it.
 * @throws DatabaseTooNewError | DatabaseDamagedError, and what SQLite says when the file can't be opened
 */
export async function inspectDatabase(dbPath: string): Promise<DatabaseState> {
  if (!existsSync(dbPath)) {
    return 'absent';
  }
  const dataSource = new DataSource({
    type: 'sqlite',
    driver: QUIET_SQLITE,
    database: dbPath,
    flags: OPEN_READONLY,
    busyTimeout: BUSY_TIMEOUT_MS,
    migrations: MIGRATIONS,
  });
  try {
    await dataSource.initialize();
    if (!(await dataSource.createQueryRunner().hasTable('migrations'))) {
      // TypeORM would make that table in order to look into it.
      return 'foreign';
    }
    await refuseNewer(dataSource, dbPath);
    return (await dataSource.showMigrations()) ? 'older' : 'current';
  } catch (error) {
    throw isDamage(error) ? new DatabaseDamagedError(dbPath, error) : error;
  } finally {
    if (dataSource.isInitialized) {
      await dataSource.destroy();
    }
  }
}
