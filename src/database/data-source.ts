import * as sqlite3 from 'sqlite3';
import { DataSource, type DataSourceOptions } from 'typeorm';

/** Name of the DataSource that only reads. Reads have a connection of their own: see WriteQueue. */
export const READER = 'reader';

/** How long a statement waits for another process (the executor on the same file, a backup) before it is refused. */
export const BUSY_TIMEOUT_MS = 5_000;

/** TypeORM asks the driver for its verbose form, which makes a stack trace for each statement. */
export const QUIET_SQLITE = { ...sqlite3, verbose: () => QUIET_SQLITE };

/** The connection that writes. WAL lets reads go on during a write. */
export function writerOptions(dbPath: string): DataSourceOptions & { type: 'sqlite' } {
  return { type: 'sqlite', driver: QUIET_SQLITE, database: dbPath, enableWAL: true, busyTimeout: BUSY_TIMEOUT_MS };
}

/**
 * Opens a connection that keeps the promise "accepted means durable".
 * `synchronous=FULL` syncs the log at each commit: with NORMAL, the usual advice for WAL, a power cut may take back the
 * last commits, and a job that was answered 201 would be gone. What it costs is shared by grouped commits (WriteQueue).
 */
export async function openDurable(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = await new DataSource(options).initialize();
  await dataSource.query('PRAGMA synchronous = FULL');
  return dataSource;
}

/** Room for some thousand changes of rows. */
const RESERVE_BYTES = 512 * 1024;

/**
 * Sees to it that the file and its log have room of their own, so that ends of jobs can be stored when a job has filled
 * the disk; without it nothing would ever be released, and the disk stay full.
 */
export async function reserveRoom(dataSource: DataSource): Promise<void> {
  await dataSource.query('CREATE TABLE IF NOT EXISTS reserve (bytes BLOB)');
  await dataSource.query('INSERT INTO reserve (bytes) VALUES (zeroblob(?))', [RESERVE_BYTES]);
  await dataSource.query('DROP TABLE reserve');
  await dataSource.query(FREE_THE_LOG);
}

/** Moves what the log holds into the file, so that the log begins anew and grows no further. */
export const FREE_THE_LOG = 'PRAGMA wal_checkpoint(RESTART)';
