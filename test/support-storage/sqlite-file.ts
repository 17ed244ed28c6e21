import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { Database } from 'sqlite3';

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

/** Runs one statement on a SQLite file, on a connection that knows nothing of the programs; its rows. */
export async function query(file: string, sql: string, values: SqlValue[] = []): Promise<SqlRow[]> {
  const database = await new Promise<Database>((resolve, reject) => {
    const opened = new Database(file, (error) => (error ? reject(error) : resolve(opened)));
  });
  try {
    return await new Promise((resolve, reject) =>
      database.all<SqlRow>(sql, values, (error, rows) => (error ? reject(error) : resolve(rows))),
    );
  } finally {
    await new Promise<void>((resolve, reject) => database.close((error) => (error ? reject(error) : resolve())));
  }
}

/** Inserts a row. */
export async function insert(file: string, table: string, row: SqlRow): Promise<void> {
  const columns = Object.keys(row);
  const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  await query(file, sql, Object.values(row));
}

const PARTS = ['', '-wal', '-shm'];

/** Copies a database that nobody has open; what was at the target is replaced. */
export function copyDatabase(from: string, to: string): void {
  for (const part of PARTS) {
    rmSync(to + part, { force: true });
    if (existsSync(from + part)) copyFileSync(from + part, to + part);
  }
}

/** Takes the write lock when it can be had, says so, and keeps it until its end. */
const HOLDER = `
  const { Database } = require('sqlite3');
  const database = new Database(process.argv[1], (error) => {
    if (error) throw error;
    database.configure('busyTimeout', 10000);
    database.exec('BEGIN EXCLUSIVE', (failure) => {
      if (failure) throw failure;
      process.stdout.write('locked');
    });
  });
  setInterval(() => {}, 1000);
`;

/** Another process that has locked a database, as a backup or an operator's shell may. */
export class DatabaseLock {
  private constructor(private readonly holder: ChildProcess) {}

  static async take(file: string): Promise<DatabaseLock> {
    const holder = spawn(process.execPath, ['-e', HOLDER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(holder, 'exit').then(() => Promise.reject(new Error(`${file} could not be locked`)));
    ended.catch(() => undefined);
    await Promise.race([once(holder.stdout, 'data'), ended]);
    return new DatabaseLock(holder);
  }

  async release(): Promise<void> {
    this.holder.kill('SIGKILL');
    if (this.holder.exitCode === null && this.holder.signalCode === null) await once(this.holder, 'exit');
  }
}
