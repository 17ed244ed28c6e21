import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type Logger } from 'typeorm';
import { openDurable, QUIET_SQLITE, writerOptions } from '../../src/database/data-source';
import { prepareDatabase } from '../../src/database/prepare-database';
import { WriteQueue } from '../../src/database/write-queue';
import { PayloadEvents } from '../../src/executor/payload-events';
import { PayloadEntity } from '../../src/executor/payload.entity';
import { PayloadsRepository } from '../../src/executor/payloads.repository';
import { JobEvents } from '../../src/jobs/job-events';
import { JobEntity } from '../../src/jobs/job.entity';
import { JobsRepository } from '../../src/jobs/jobs.repository';
import { UploadKeyEntity } from '../../src/jobs/upload-key.entity';

interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

let directory: string;
let writer: DataSource;
let reader: DataSource;
let jobs: JobsRepository;
let payloads: PayloadsRepository;
const said: Statement[] = [];

/** Hears every statement, whoever makes it. */
const listener = {
  logQuery: (sql: string, parameters: readonly unknown[] = []) => said.push({ sql, parameters }),
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
} as unknown as Logger;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'plans-'));
  const dbPath = join(directory, 'db.sqlite');
  await prepareDatabase(dbPath);
  const options = { entities: [JobEntity, UploadKeyEntity, PayloadEntity], logger: listener, logging: 'all' as const };
  writer = await openDurable({ ...writerOptions(dbPath), ...options });
  reader = await new DataSource({ type: 'sqlite', driver: QUIET_SQLITE, database: dbPath, ...options }).initialize();
  const writes = new WriteQueue(writer);
  jobs = new JobsRepository(reader.getRepository(JobEntity), writes, new JobEvents());
  payloads = new PayloadsRepository(reader.getRepository(PayloadEntity), writes, new PayloadEvents());
});
afterAll(async () => {
  await reader.destroy();
  await writer.destroy();
  rmSync(directory, { recursive: true });
});

/** Statements that read or change rows of a table of ours, of all that `work` makes. */
async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
  said.length = 0;
  await work();
  const found = said.filter(({ sql }) => /^(SELECT|UPDATE|DELETE)\b.*\b(jobs|payloads|upload_keys)\b/s.test(sql));
  return [...found];
}

async function planOf({ sql, parameters }: Statement): Promise<string[]> {
  const rows = await writer.query<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]);
  return rows.map(({ detail }) => detail);
}

/**
 * A partial index holds just the rows that are asked for; the others are one row long (SQLite's table of last ids has one
 * for each of ours).
 */
const MAY_BE_SCANNED = /INDEX (jobs|payloads)_(unreleased|unremoved|given_up)|CONSTANT ROW|dummy_table|sqlite_sequence/;

const JOB = { userId: 1, service: 's', message: '' };
const PAYLOAD = { jobId: '1', walltime: null, status: 'Prepared' as const, message: '' };

/** All that the two repositories do. A method that is missing here is found by the last test. */
const CALLS: Record<string, Record<string, () => Promise<unknown>>> = {
  jobs: {
    insert: () => jobs.insert({ ...JOB, key: 'k1', loc: '/l/1' }, { key: 'u1', content: 'c' }),
    skipIdsUpTo: () => jobs.skipIdsUpTo(1),
    findUpload: () => jobs.findUpload({ key: 'u1', content: 'c' }),
    forgetUploadKeys: () => jobs.forgetUploadKeys(1),
    find: () => jobs.find(4711),
    listLive: () => jobs.listLive(),
    listUnreleased: () => jobs.listUnreleased(),
    listGivenUp: () => jobs.listGivenUp(),
    clearGivenUp: () => jobs.clearGivenUp(1),
    listExpired: async () => {
      await jobs.listExpired({ only: 's' }, 1, 10);
      await jobs.listExpired({ allBut: ['s'] }, 1, 10);
    },
    listUnremoved: () => jobs.listUnremoved(10),
    whichAreOwned: () => jobs.whichAreOwned(['/l/1', '/l/2']),
    move: () => jobs.move(1, 'Processing'),
    wishTermination: () => jobs.wishTermination(1),
    note: () => jobs.note(1, 'n', ['Queued']),
    settleForeign: () => jobs.settleForeign(),
    listForeign: () => jobs.listForeign(10),
    adopt: () => jobs.adopt(1, 'k1', { loc: '/l/1', ref: null }),
    markReleased: () => jobs.markReleased(1),
    markRemoved: () => jobs.markRemoved(1),
  },
  payloads: {
    insert: () => payloads.insert({ ...PAYLOAD, key: 'k1', loc: '/p/1' }),
    find: () => payloads.find(4711),
    findByKey: () => payloads.findByKey('k1'),
    findMany: () => payloads.findMany([1, 2, 3]),
    listLive: () => payloads.listLive(),
    listExpired: () => payloads.listExpired(1, 10),
    listUnremoved: () => payloads.listUnremoved(10),
    whichAreOwned: () => payloads.whichAreOwned(['/p/1']),
    move: () => payloads.move(1, 'Running'),
    wishTermination: () => payloads.wishTermination(1),
    settleForeign: () => payloads.settleForeign(),
    listForeign: () => payloads.listForeign(10),
    adopt: () => payloads.adopt(1, 'k1', { loc: '/p/1', endedAt: null }),
    markRemoved: () => payloads.markRemoved(1),
    deleteCleaned: () => payloads.deleteCleaned(1),
  },
};

const cases = Object.entries(CALLS).flatMap(([table, calls]) =>
  Object.entries(calls).map(([method, call]) => ({ table, method, call })),
);

describe('no statement reads a table from end to end', () => {
  it.each(cases)('$table: $method', async ({ table, method, call }) => {
    const statements = await statementsOf(call);
    // Inserting a job reads nothing of its table.
    expect(statements.length).toBeGreaterThan(['insert', 'skipIdsUpTo'].includes(method) ? -1 : 0);
    for (const statement of statements) {
      const plan = await planOf(statement);
      const scans = plan.filter((step) => step.startsWith('SCAN') && !MAY_BE_SCANNED.test(step));
      expect({ table, sql: statement.sql, scans }).toEqual({ table, sql: statement.sql, scans: [] });
    }
  });

  it('finds a plan that does', async () => {
    const plan = await planOf({ sql: 'SELECT * FROM jobs WHERE message = ?', parameters: ['x'] });
    expect(plan).toEqual(['SCAN jobs']);
  });

  it.each([
    ['jobs', JobsRepository],
    ['payloads', PayloadsRepository],
  ])('knows every method of %s', (table, repository) => {
    const methods = Object.getOwnPropertyNames(repository.prototype).filter((name) => name !== 'constructor');
    expect(Object.keys(CALLS[table]!).sort()).toEqual(methods.sort());
  });
});
