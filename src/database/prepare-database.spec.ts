import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { TypeScriptChild } from '../../test/support-units/typescript-child';
import { DatabaseTooNewError } from './database.errors';
import { CreateJobsAndPayloads1764000000000 } from './migrations/1764000000000-create-jobs-and-payloads';
import { MIGRATIONS } from './migrations/migrations';
import { prepareDatabase } from './prepare-database';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'prepare-database-'));
  path = join(directory, 'deep/er/db.sqlite');
});
afterEach(() => rmSync(directory, { recursive: true }));

type Row = Record<string, unknown>;

/** Runs statements on a connection that knows nothing of us; gives the rows of the last. */
async function query(...statements: string[]): Promise<Row[]> {
  const database = await new DataSource({ type: 'sqlite', database: path }).initialize();
  try {
    let rows: Row[] = [];
    for (const statement of statements) {
      rows = await database.query<Row[]>(statement);
    }
    return rows;
  } finally {
    await database.destroy();
  }
}

async function columnsOf(table: string): Promise<unknown[]> {
  return (await query(`PRAGMA table_info(${table})`)).map((row) => row.name);
}

/** As the Rust program 2.2.3 makes them. */
const RUST_TABLES = [
  `CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, service TEXT NOT NULL,
    status TEXT NOT NULL, loc TEXT NOT NULL, dest_id INTEGER, created_at DATETIME DEFAULT CURRENT_TIMESTAMP)`,
  `CREATE TABLE payloads (id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, loc TEXT,
    pid INTEGER NOT NULL DEFAULT 0, killed BOOLEAN NOT NULL DEFAULT 0, created_at DATETIME DEFAULT CURRENT_TIMESTAMP)`,
];
const RUST_ROWS = [
  `INSERT INTO jobs (id, user_id, service, status, loc, dest_id, created_at)
    VALUES (41, 3, 'svc', 'completed', './data/a', 9, '2025-07-01 12:00:00')`,
  `INSERT INTO jobs (id, user_id, service, status, loc) VALUES (42, 3, 'svc', 'unknown', './data/b')`,
  `INSERT INTO payloads (id, status, loc, pid, killed) VALUES (9, 'completed', './data/c', 77, 1)`,
  `INSERT INTO payloads (id, status) VALUES (10, 'prepared')`,
];

describe('prepareDatabase', () => {
  it('makes the file, its directory and both tables', async () => {
    await prepareDatabase(path);
    expect(await columnsOf('jobs')).toEqual(expect.arrayContaining(['id', 'dest_id', 'job_key', 'terminate_at']));
    expect(await columnsOf('payloads')).toEqual(expect.arrayContaining(['id', 'killed', 'job_key', 'removed_at']));
  });

  it('finds nothing to do the second time, and keeps the rows', async () => {
    await prepareDatabase(path);
    await query(`INSERT INTO jobs (user_id, service, status, loc) VALUES (1, 'svc', 'queued', '/x')`);
    const before = await query('SELECT * FROM jobs');
    await prepareDatabase(path);
    expect(await query('SELECT * FROM jobs')).toEqual(before);
    expect(await query('SELECT * FROM migrations')).toHaveLength(MIGRATIONS.length);
  });

  it('may be called by two processes at once', async () => {
    const children = [1, 2].map(() =>
      TypeScriptChild.start(
        `say('ready');
         await require('./src/database/prepare-database').prepareDatabase(args[0]);
         say('prepared');`,
        [path],
      ),
    );
    for (const child of children) {
      expect([await child.hear(), await child.hear()]).toEqual(['ready', 'prepared']);
      expect(await child.ended()).toEqual({ code: 0, signal: null });
    }
    expect(await query('SELECT * FROM migrations')).toHaveLength(MIGRATIONS.length);
  });

  it('refuses a database of a newer release, by name, and changes nothing', async () => {
    await prepareDatabase(path);
    await query(
      `INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`,
      'DROP INDEX jobs_by_key',
    );
    const before = await query('SELECT name, sql FROM sqlite_master ORDER BY name');
    await expect(prepareDatabase(path)).rejects.toThrow(DatabaseTooNewError);
    await expect(prepareDatabase(path)).rejects.toThrow(/FromTheFuture9999999999999/);
    expect(await query('SELECT name, sql FROM sqlite_master ORDER BY name')).toEqual(before);
  });

  it('can be called again after a refusal or a failure: the lock is given back', async () => {
    await prepareDatabase(path);
    await query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Future9999999999999')`);
    await expect(prepareDatabase(path)).rejects.toThrow(DatabaseTooNewError);
    await query(`DELETE FROM migrations WHERE name LIKE 'Future%'`);
    await prepareDatabase(path);
  });
});

describe('a database of the first release', () => {
  it('gets the later columns, keeps its rows, and has the same tables as a new one', async () => {
    await prepareDatabase(path); // makes the directory
    const own = [await columnsOf('jobs'), await columnsOf('payloads')];
    rmSync(path);
    const options = { type: 'sqlite' as const, database: path, migrations: [CreateJobsAndPayloads1764000000000] };
    const first = await new DataSource(options).initialize();
    await first.runMigrations();
    await first.query(`INSERT INTO jobs (user_id, service, status, loc) VALUES (1, 'svc', 'queued', '/x')`);
    const [row] = await first.query<Row[]>('SELECT * FROM jobs');
    await first.destroy();
    await prepareDatabase(path);
    expect(await query('SELECT * FROM jobs')).toEqual([{ ...row, walltime: null, cpus: null, memory: null }]);
    expect([await columnsOf('jobs'), await columnsOf('payloads')]).toEqual(own);
  });
});

describe('a database of the Rust program', () => {
  beforeEach(async () => {
    await prepareDatabase(path); // makes the directory
    rmSync(path);
    await query(...RUST_TABLES, ...RUST_ROWS);
  });

  it('gets our columns and keeps its rows, ids included', async () => {
    const jobs = await query('SELECT * FROM jobs');
    const payloads = await query('SELECT * FROM payloads');
    await prepareDatabase(path);
    expect(await query('SELECT * FROM jobs')).toMatchObject(jobs);
    expect(await query('SELECT * FROM payloads')).toMatchObject(payloads);
    const blank = { job_key: null, message: '', ended_at: null, walltime: null, cpus: null, memory: null };
    expect(await query(`SELECT ${Object.keys(blank).join()} FROM jobs`)).toEqual([blank, blank]);
  });

  it('has the same tables afterwards as one of our own', async () => {
    await prepareDatabase(path);
    const taken = [await columnsOf('jobs'), await columnsOf('payloads')];
    const indexes = await query(`SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name`);
    path = join(directory, 'own.sqlite');
    await prepareDatabase(path);
    expect(taken).toEqual([await columnsOf('jobs'), await columnsOf('payloads')]);
    expect(indexes).toEqual(await query(`SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name`));
  });

  it('can still be written by the Rust program, and goes on with its numbers', async () => {
    await prepareDatabase(path);
    await query(
      `INSERT INTO jobs (user_id, service, status, loc) VALUES (4, 'svc', 'queued', './data/d')`,
      `INSERT INTO payloads (status, loc) VALUES ('prepared', './data/e')`,
    );
    expect(await query('SELECT id FROM jobs WHERE user_id = 4')).toEqual([{ id: 43 }]);
    expect(await query(`SELECT id FROM payloads WHERE loc = './data/e'`)).toEqual([{ id: 11 }]);
  });
});
