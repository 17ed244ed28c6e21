import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tables of both modes. The first columns are those of the Rust program, so that its database can be taken over in
 * place; all of ours have defaults, so that the Rust program could still use the file. Our times are milliseconds.
 */
const TABLES = {
  jobs: {
    base: `id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, service TEXT NOT NULL, status TEXT NOT NULL,
      loc TEXT NOT NULL, dest_id INTEGER, created_at DATETIME DEFAULT CURRENT_TIMESTAMP`,
    ours: {
      job_key: 'TEXT',
      ref: 'TEXT',
      message: "TEXT NOT NULL DEFAULT ''",
      exit_code: 'INTEGER',
      signal: 'TEXT',
      processing_at: 'BIGINT',
      submitted_at: 'BIGINT',
      started_at: 'BIGINT',
      ended_at: 'BIGINT',
      cleaned_at: 'BIGINT',
      removed_at: 'BIGINT',
      terminate_at: 'BIGINT',
      released_at: 'BIGINT',
      attempt: 'INTEGER NOT NULL DEFAULT 1',
      given_up_key: 'TEXT',
      given_up_ref: 'TEXT',
    },
  },
  payloads: {
    base: `id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, loc TEXT NOT NULL, pid INTEGER NOT NULL DEFAULT 0,
      killed BOOLEAN NOT NULL DEFAULT 0, created_at DATETIME DEFAULT CURRENT_TIMESTAMP`,
    ours: {
      job_key: 'TEXT',
      job_id: 'TEXT',
      walltime: 'BIGINT',
      message: "TEXT NOT NULL DEFAULT ''",
      exit_code: 'INTEGER',
      signal: 'TEXT',
      started_at: 'BIGINT',
      ended_at: 'BIGINT',
      cleaned_at: 'BIGINT',
      removed_at: 'BIGINT',
    },
  },
} as const;

/** What `Idempotency-Key` headers stood for; only the server uses it. */
const IDEMPOTENCY = `CREATE TABLE IF NOT EXISTS upload_keys (
  upload_key TEXT PRIMARY KEY, content TEXT NOT NULL, job_id INTEGER NOT NULL, created_at BIGINT NOT NULL)`;

const INDEXES = [
  // Live jobs at start; the states of one kind in upload order.
  'CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, id)',
  // Orphans: whether a directory is a job's.
  'CREATE INDEX IF NOT EXISTS jobs_by_loc ON jobs (loc)',
  'CREATE INDEX IF NOT EXISTS payloads_by_loc ON payloads (loc)',
  // Retention: what ended before a moment.
  'CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (status, ended_at)',
  'CREATE UNIQUE INDEX IF NOT EXISTS jobs_by_key ON jobs (job_key)',
  // Results are in, but the backend still holds its copy.
  'CREATE INDEX IF NOT EXISTS jobs_unreleased ON jobs (id) WHERE ref IS NOT NULL AND released_at IS NULL',
  // Given up while their backend was out of reach: they may still run there.
  'CREATE INDEX IF NOT EXISTS jobs_given_up ON jobs (id) WHERE given_up_key IS NOT NULL',
  // Cleaned, but the directory is still there.
  'CREATE INDEX IF NOT EXISTS jobs_unremoved ON jobs (id) WHERE cleaned_at IS NOT NULL AND removed_at IS NULL',
  'CREATE INDEX IF NOT EXISTS upload_keys_by_age ON upload_keys (created_at)',
  'CREATE INDEX IF NOT EXISTS payloads_by_status ON payloads (status, id)',
  'CREATE INDEX IF NOT EXISTS payloads_by_end ON payloads (status, ended_at)',
  'CREATE UNIQUE INDEX IF NOT EXISTS payloads_by_key ON payloads (job_key)',
  'CREATE INDEX IF NOT EXISTS payloads_unremoved ON payloads (id) WHERE cleaned_at IS NOT NULL AND removed_at IS NULL',
];

export class CreateJobsAndPayloads1764000000000 implements MigrationInterface {
  // TypeORM orders by the time stamp in this name; minifiers and compilers may change a class's own.
  readonly name = 'CreateJobsAndPayloads1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, { base, ours }] of Object.entries(TABLES)) {
      await runner.query(`CREATE TABLE IF NOT EXISTS ${table} (${base})`);
      const present = await runner.getTable(table);
      for (const [column, type] of Object.entries(ours)) {
        if (!present?.findColumnByName(column)) {
          await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
        }
      }
    }
    await runner.query(IDEMPOTENCY);
    for (const statement of INDEXES) {
      await runner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the first tables are not taken away: restore a backup instead'));
  }
}
