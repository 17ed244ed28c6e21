import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DataSource } from 'typeorm';
import { copyDatabase } from './copy-database';
import { openDurable, writerOptions } from './data-source';
import { DatabaseDamagedError, DatabaseTooNewError, isDamage } from './database.errors';
import { KernelLock } from './kernel-lock';
import { MIGRATIONS } from './migrations/migrations';

/** Another process may be migrating the same file (server and client side by side): wait for it this long. */
const MIGRATION_WAIT_MS = 60_000;

/**
 * Creates the database file if need be and brings its tables up to this release.
 * Safe to be called by a server and a client of one file at once.
 * @throws DatabaseTooNewError when a newer release has been here; nothing is changed then
 */
export async function prepareDatabase(dbPath: string): Promise<void> {
  await mkdir(dirname(dbPath), { recursive: true });
  const lock = await KernelLock.take(`${dbPath}.migrate.lock`, MIGRATION_WAIT_MS);
  try {
    await migrate(dbPath);
  } catch (error) {
    throw isDamage(error) ? new DatabaseDamagedError(dbPath, error) : error;
  } finally {
    await lock.release();
  }
}

async function migrate(dbPath: string): Promise<void> {
  const dataSource = await openDurable({ ...writerOptions(dbPath), migrations: MIGRATIONS });
  try {
    await refuseNewer(dataSource, dbPath);
    await copyForeign(dataSource, dbPath);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

/** @throws DatabaseTooNewError when the file knows migrations that the DataSource doesn't */
export async function refuseNewer(dataSource: DataSource, dbPath: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  if (!(await runner.hasTable('migrations'))) {
    return;
  }
  const known = new Set(dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name));
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations');
  const unknown = rows.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new DatabaseTooNewError(dbPath, unknown);
  }
}

/** Before the first change to a database of the Rust program: a copy beside it, whole or not there. */
async function copyForeign(dataSource: DataSource, dbPath: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  const isOurs = await runner.hasTable('migrations');
  const isEmpty = !(await runner.hasTable('jobs')) && !(await runner.hasTable('payloads'));
  const copy = `${dbPath}.before-takeover`;
  if (!isOurs && !isEmpty && !existsSync(copy)) {
    await copyDatabase(dataSource, copy);
  }
}
