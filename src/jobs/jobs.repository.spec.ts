import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ConfigModule } from '../config/config.module';
import { readServerConfig } from '../config/server-config';
import { READER } from '../database/data-source';
import { DatabaseModule } from '../database/database.module';
import { prepareDatabase } from '../database/prepare-database';
import { STATUSES, toStored, type Status } from '../wire/status';
import { JobEvents, type JobMoved } from './job-events';
import { isFinal, sourcesOf } from './job-state';
import { JobsModule } from './jobs.module';
import { JobsRepository, type Job } from './jobs.repository';

/** Long ago, so that no clock of this run can be taken for it. */
const MOMENT = 1_000_000;

let directory: string;
let testing: TestingModule;
let jobs: JobsRepository;
let database: DataSource;
let heard: JobMoved[];
let keys = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jobs-repository-'));
  const path = join(directory, 'db.sqlite');
  await prepareDatabase(path);
  const config = readServerConfig({ DB_PATH: path, DATA_PATH: directory });
  testing = await Test.createTestingModule({
    imports: [ConfigModule.forServer(config), DatabaseModule.forPath(path), JobsModule],
  }).compile();
  await testing.init();
  jobs = testing.get(JobsRepository);
  database = testing.get(DataSource);
  testing.get(JobEvents).moved.subscribe((moved) => heard.push(moved));
});
afterAll(async () => {
  await testing.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  heard = [];
});

/** A job brought into a state behind the repository's back. */
async function jobIn(status: Status): Promise<number> {
  const rows = await database.query<unknown>(
    `INSERT INTO jobs (user_id, service, status, loc, job_key) VALUES (7, 'svc', '${toStored(status)}', '/x', 'in-${keys++}')`,
  );
  return rows as number;
}

async function insert(): Promise<number> {
  const key = `new-${keys++}`;
  return (await jobs.insert({ userId: 1, service: 'svc', loc: `/${key}`, key, message: 'hello' })).id;
}

async function read(id: number): Promise<Job> {
  return (await jobs.find(id))!;
}

function stampsOf({ processingAt, submittedAt, startedAt, endedAt, cleanedAt }: Job) {
  return { processingAt, submittedAt, startedAt, endedAt, cleanedAt };
}

const PAIRS = STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const));

describe('a move', () => {
  it.each(PAIRS)('from %s to %s happens if and only if it is legal', async (from, to) => {
    const id = await jobIn(from);
    const before = await read(id);
    const answer = await jobs.move(id, to, { message: 'moved' }, MOMENT);
    const after = await read(id);
    if (sourcesOf(to).includes(from)) {
      expect(answer).toBe(from);
      expect([after.status, after.message]).toEqual([to, 'moved']);
      expect(heard).toEqual([{ id, userId: 7, service: 'svc', from, to }]);
    } else {
      expect(answer).toBeNull();
      expect(after).toEqual(before);
      expect(heard).toEqual([]);
    }
  });

  it.each([
    ['Queued', 'Processing', 'processingAt'],
    ['Processing', 'Submitted', 'submittedAt'],
    ['Submitted', 'Running', 'startedAt'],
    ['Running', 'Completed', 'endedAt'],
    ['Running', 'Failed', 'endedAt'],
    ['Running', 'Invalid', 'endedAt'],
    ['Running', 'Killed', 'endedAt'],
    ['Killed', 'Cleaned', 'cleanedAt'],
    ['Running', 'Locked', null],
  ] as const)('from %s to %s stamps %s and no other time', async (from, to, stamp) => {
    const id = await jobIn(from);
    const before = stampsOf(await read(id));
    await jobs.move(id, to, {}, MOMENT);
    expect(stampsOf(await read(id))).toEqual(stamp === null ? before : { ...before, [stamp]: MOMENT });
  });

  it('stores what it is told of the end, and prefers the times that the executor says', async () => {
    const id = await jobIn('Running');
    const details = { message: 'exit code 3', exitCode: 3, signal: null, startedAt: 11, endedAt: 22 };
    await jobs.move(id, 'Failed', details, MOMENT);
    expect(await read(id)).toMatchObject({ ...details, status: 'Failed' });
  });

  it('back to the queue forgets when its hand-over began', async () => {
    const id = await jobIn('Queued');
    await jobs.move(id, 'Processing');
    expect((await read(id)).processingAt).toBeGreaterThan(MOMENT);
    await jobs.move(id, 'Queued', { message: 'connection refused' });
    expect(await read(id)).toMatchObject({ status: 'Queued', processingAt: null, message: 'connection refused' });
  });

  it('of an unknown job does nothing', async () => {
    expect(await jobs.move(999_999, 'Killed')).toBeNull();
    expect(heard).toEqual([]);
  });

  it('has one winner among many at once, and one event', async () => {
    const id = await jobIn('Running');
    const ends = ['Completed', 'Failed', 'Killed', 'Invalid', 'Locked'] as const;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => jobs.move(id, ends[at % 4]!)));
    expect(answers.filter((answer) => answer !== null)).toEqual(['Running']);
    expect(answers[0]).toBe('Running');
    expect(heard).toEqual([{ id, userId: 7, service: 'svc', from: 'Running', to: 'Completed' }]);
    expect((await read(id)).status).toBe('Completed');
  });
});

describe('events', () => {
  it('are said in the order of the moves, once the row can be read', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => insert()));
    expect(heard).toEqual(ids.map((id) => ({ id, userId: 1, service: 'svc', from: null, to: 'Queued' })));
    heard = [];
    const seen: Promise<[Status, Status]>[] = [];
    const listening = testing.get(JobEvents).moved.subscribe(({ id, to }) => {
      seen.push(jobs.find(id).then((job) => [to, job!.status]));
    });
    await Promise.all(ids.map((id, at) => jobs.move(id, at % 2 === 0 ? 'Processing' : 'Killed')));
    listening.unsubscribe();
    expect(heard.map(({ id, to }) => [id, to])).toEqual(
      ids.map((id, at) => [id, at % 2 === 0 ? 'Processing' : 'Killed']),
    );
    for (const [said, stored] of await Promise.all(seen)) {
      expect(stored).toBe(said);
    }
  });

  it('of moves of one job that were asked for together come in their order', async () => {
    const id = await insert();
    const path = ['Processing', 'Queued', 'Processing', 'Submitted', 'Running', 'Locked', 'Killed', 'Cleaned'] as const;
    await Promise.all(path.map((to) => jobs.move(id, to)));
    expect(heard.map(({ from, to }) => [from, to])).toEqual([
      [null, 'Queued'],
      ...path.map((to, at) => [at === 0 ? 'Queued' : path[at - 1], to]),
    ]);
  });

  it('do not come of a write that was not stored', async () => {
    const id = await insert();
    heard = [];
    const key = (await read(id)).key!;
    await expect(jobs.insert({ userId: 1, service: 'svc', loc: '/twice', key, message: '' })).rejects.toThrow(/UNIQUE/);
    expect(heard).toEqual([]);
  });
});

describe('a wish to terminate', () => {
  it.each(STATUSES)('of a job that is %s is stored unless the job has ended', async (status) => {
    const id = await jobIn(status);
    expect(await jobs.wishTermination(id, MOMENT)).toBe(!isFinal(status));
    expect(await read(id)).toMatchObject({ status, terminateAt: isFinal(status) ? null : MOMENT });
  });

  it('keeps the time of the first', async () => {
    const id = await jobIn('Running');
    expect(await jobs.wishTermination(id, MOMENT)).toBe(true);
    expect(await jobs.wishTermination(id, MOMENT + 1)).toBe(true);
    expect((await read(id)).terminateAt).toBe(MOMENT);
    expect(await jobs.wishTermination(999_999)).toBe(false);
  });
});

describe('rows', () => {
  it('of a new job hold what was accepted, and the time of now', async () => {
    const before = Date.now();
    const job = await read(await insert());
    expect(job).toMatchObject({
      status: 'Queued',
      userId: 1,
      service: 'svc',
      message: 'hello',
      destId: null,
      ref: null,
    });
    expect(job.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(job.createdAt.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('with the time as the Rust program writes it are read as UTC', async () => {
    const id = await jobIn('Queued');
    await database.query(`UPDATE jobs SET created_at = '2025-07-01 12:00:00' WHERE id = ${id}`);
    expect((await read(id)).createdAt.toISOString()).toBe('2025-07-01T12:00:00.000Z');
  });

  it('are found by what is to be done with them', async () => {
    await database.query('DELETE FROM jobs');
    const [live, ended, cleaned] = [await jobIn('Locked'), await jobIn('Running'), await jobIn('Failed')];
    await jobs.move(ended, 'Completed', { ref: 'n1:svc:1' }, MOMENT);
    await jobs.move(cleaned, 'Cleaned', {}, MOMENT);
    expect((await jobs.listLive()).map((job) => job.id)).toEqual([live]);
    const all = { allBut: [] };
    expect((await jobs.listExpired(all, MOMENT, 10)).map((job) => job.id)).toEqual([]);
    expect((await jobs.listExpired(all, MOMENT + 1, 10)).map((job) => job.id)).toEqual([ended]);
    expect((await jobs.listExpired({ only: 'svc' }, MOMENT + 1, 10)).map((job) => job.id)).toEqual([ended]);
    expect((await jobs.listExpired({ allBut: ['svc'] }, MOMENT + 1, 10)).map((job) => job.id)).toEqual([]);
    expect((await jobs.listUnreleased()).map((job) => job.id)).toEqual([ended]);
    expect((await jobs.listUnremoved(10)).map((job) => job.id)).toEqual([cleaned]);
    await jobs.markReleased(ended);
    await jobs.markRemoved(cleaned);
    expect([await jobs.listUnreleased(), await jobs.listUnremoved(10)]).toEqual([[], []]);
  });

  it('are looked for by an index, so that no search grows with the jobs that have ended', async () => {
    const asked: [string, unknown[]][] = [];
    const reader = testing.get<DataSource>(getDataSourceToken(READER));
    const spy = jest.spyOn(reader.logger, 'logQuery').mockImplementation((sql, values) => {
      asked.push([sql, values ?? []]);
    });
    await jobs.listLive();
    await jobs.listUnreleased();
    await jobs.listExpired({ allBut: ['other'] }, MOMENT, 10);
    await jobs.listUnremoved(10);
    spy.mockRestore();
    const plans = await Promise.all(
      asked.map(async ([sql, values]) => {
        const steps = await reader.query<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, values);
        return steps[0]!.detail;
      }),
    );
    expect(plans).toEqual([
      expect.stringMatching(/^SEARCH .* USING INDEX jobs_by_(status|end) \(status=\?\)/),
      expect.stringMatching(/USING INDEX jobs_unreleased/),
      expect.stringMatching(/USING INDEX jobs_by_end \(status=\? AND ended_at<\?\)/),
      expect.stringMatching(/USING INDEX jobs_unremoved/),
    ]);
  });

  it('take a note only in a state to which it applies', async () => {
    const id = await jobIn('Submitted');
    await jobs.note(id, 'no answer', ['Processing']);
    expect((await read(id)).message).toBe('');
    await jobs.note(id, 'no answer', ['Submitted', 'Running']);
    expect((await read(id)).message).toBe('no answer');
  });
});
