import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileMap } from '../support/http';
import { insert, query, type SqlRow } from './sqlite-file';

const SERVER_TABLE = `CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL,
  service TEXT NOT NULL, status TEXT NOT NULL, loc TEXT NOT NULL, dest_id INTEGER,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP)`;
const CLIENT_TABLE = `CREATE TABLE payloads (id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL,
  loc TEXT, pid INTEGER NOT NULL DEFAULT 0, killed BOOLEAN NOT NULL DEFAULT 0,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP)`;

/** A row of the Rust program's database, and its files. */
export interface RustRow {
  readonly status: string;
  /** `null`: its directory is missing. */
  readonly files: FileMap | null;
  readonly columns?: SqlRow;
  /** Its path is stored as seen from the program's working directory. */
  readonly isRelative?: boolean;
  /** Its path is stored as it was on another machine. */
  readonly isMoved?: boolean;
}

/** Writes a database and a data directory as the Rust program leaves them, below `home`, its working directory. */
export class RustDatabase {
  readonly file: string;

  private constructor(
    private readonly home: string,
    private readonly table: 'jobs' | 'payloads',
  ) {
    this.file = join(home, 'db.sqlite');
  }

  static async create(home: string, table: 'jobs' | 'payloads'): Promise<RustDatabase> {
    const database = new RustDatabase(home, table);
    mkdirSync(join(home, 'data'), { recursive: true });
    await query(database.file, table === 'jobs' ? SERVER_TABLE : CLIENT_TABLE);
    return database;
  }

  /** Adds a row; its id and its directory. */
  async add({ status, files, columns, isRelative, isMoved }: RustRow): Promise<{ id: number; loc: string }> {
    // The server calls a job's directory by a UUID, the client by the payload's id.
    const name = this.table === 'jobs' ? randomUUID() : String(await this.nextId());
    const loc = join(this.home, 'data', name);
    if (files) {
      mkdirSync(loc);
      for (const [file, content] of Object.entries(files)) writeFileSync(join(loc, file), content);
    }
    await insert(this.file, this.table, {
      status,
      loc: isRelative ? `./data/${name}` : isMoved ? `/nowhere/data/${name}` : loc,
      ...(this.table === 'jobs' ? { user_id: 1, service: 'example' } : {}),
      ...columns,
    });
    return { id: (await this.nextId()) - 1, loc };
  }

  private async nextId(): Promise<number> {
    const [row] = await query(this.file, `SELECT coalesce(max(id), 0) + 1 AS id FROM ${this.table}`);
    return Number(row?.id);
  }
}
