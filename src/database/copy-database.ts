import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OPEN_READONLY } from 'sqlite3';
import { DataSource } from 'typeorm';
import { syncPath } from '../common/durable-fs';
import { BUSY_TIMEOUT_MS } from './data-source';

/** {@link copyDatabase} of a file that is not open here. */
export async function copyDatabaseFile(dbPath: string, target: string): Promise<void> {
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

/**
 * Copies a database that is in use: one consistent state, while others go on reading and writing. The copy is whole and
 * synced to disk when this resolves, and not there if it fails.
 */
export async function copyDatabase(dataSource: DataSource, target: string): Promise<void> {
  const incoming = `${target}.${process.pid}.part`;
  await rm(incoming, { force: true });
  try {
    await dataSource.query('VACUUM INTO ?', [incoming]);
    const handle = await open(incoming, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link, not a rename: it overwrites nothing that has come meanwhile.
    await link(incoming, target);
    await rm(incoming);
    await syncPath(dirname(target));
  } catch (error) {
    await rm(incoming, { force: true });
    throw error;
  }
}
