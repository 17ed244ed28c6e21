import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair, type JobDetails } from '../support/pair';
import { Program, type Role } from '../support/program';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { itUnless, type Obstacle } from '../support-jobs/conditions';
import { eachLimited, tally, upTo } from '../support-jobs/many';
import { ZipContents } from '../support/zip';

const MAX_AGE_S = 3;
/** Retention is carried out within a minute. */
const CLEANED_WITHIN_MS = 60_000;

/** Why nothing can be made immutable here: found out by trying. */
function noImmutableFiles(): Obstacle {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-immutable-'));
  const { status, stderr, error } = spawnSync('chattr', ['+i', directory], { encoding: 'utf8' });
  setImmutable(directory, false);
  rmSync(directory, { recursive: true });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function setImmutable(path: string, isImmutable: boolean): void {
  spawnSync('chattr', [isImmutable ? '+i' : '-i', path]);
}

/** The log lines that hold all of these texts. */
function lines(log: string, ...texts: string[]): string[] {
  return log.split('\n').filter((line) => texts.every((text) => line.includes(text)));
}

const timeOf = (value: unknown) => new Date(value as string).getTime();

// Retention looks every 15 s, so everything here happens at the same time: the jobs are sent first, and each test then
// waits for what it is about.
describe('cleanup', () => {
  const immutable = noImmutableFiles();
  let pair: Pair;
  const own = {} as { long: number; behind: number; kept: number; failed: number; invalid: number; killed: number };
  let twenty: number[] = [];
  let stuck = '';

  beforeAll(async () => {
    pair = await Pair.start({
      services: { slow: { maxRuns: 1 }, many: { maxRuns: 20, runsPerUser: 20 }, kept: {}, held: { maxRuns: 1 } },
      server: { MAX_AGE: String(MAX_AGE_S), SERVICE_KEPT_MAX_AGE: '600' },
      client: { MAX_AGE: String(MAX_AGE_S), KILL_GRACE: '1' },
    });
    own.long = await pair.submit(script('sleep 12; echo done > o'), { service: 'slow' });
    own.behind = await pair.submit(script('echo done > o'), { service: 'slow' });
    const before = new Set(pair.serverEntries());
    const id = await pair.submit(script('echo stuck > o'), { service: 'many' });
    const [name] = pair.serverEntries().filter((entry) => !before.has(entry));
    stuck = join(pair.serverData, name ?? 'missing');
    twenty = await eachLimited(upTo(20), 4, (n) => pair.submit(script(`echo ${n} > o`), { service: 'many' }));
    own.kept = await pair.submit(script('echo kept > o'), { service: 'kept' });
    own.failed = await pair.submit(script('exit 7'), { service: 'many' });
    own.invalid = await pair.submit({ input: 'x' }, { service: 'many' });
    own.killed = await pair.submit(script('sleep 300'), { service: 'many' });
    await pair.waitFor(own.killed, 'Running');
    await pair.terminate(own.killed);
    await pair.waitFor(id, 'Completed');
    setImmutable(stuck, true);
  }, 30_000);
  afterAll(async () => {
    if (stuck !== '') setImmutable(stuck, false);
    await pair.stop();
  });

  function cleaned(id: number): Promise<JobDetails> {
    return pair.waitFor(id, 'Cleaned', CLEANED_WITHIN_MS);
  }

  it('expires_at says when the files go: MAX_AGE after the end, or what the service says', async () => {
    const byDefault = await pair.job(own.failed);
    expect(timeOf(byDefault.expires_at) - timeOf(byDefault.ended_at)).toBe(MAX_AGE_S * 1000);
    const kept = await ended(pair, own.kept);
    expect(timeOf(kept.expires_at) - timeOf(kept.ended_at)).toBe(600_000);
    expect((await pair.job(own.long)).expires_at ?? null).toBeNull();
  });

  it('case 66: age counts from the end: jobs that run or wait for longer than MAX_AGE complete with their output', async () => {
    const [long, behind] = await Promise.all(
      [own.long, own.behind].map(async (id) => {
        const zip = await pair.result(id);
        expect(zip.text('o')).toBe('done\n');
        const job = await cleaned(id);
        return { job, cleanedAt: Date.now() };
      }),
    );
    for (const { job, cleanedAt } of [long!, behind!]) {
      const endedAt = timeOf(job.ended_at);
      expect(endedAt - timeOf(job.created_at)).toBeGreaterThan(10_000);
      expect(cleanedAt - endedAt).toBeGreaterThanOrEqual(MAX_AGE_S * 1000);
    }
  }, 90_000);

  it.each(['failed', 'invalid', 'killed'] as const)('a %s job is cleaned too, and its row stays', async (which) => {
    const job = await cleaned(own[which]);
    expect(job).toMatchObject({ id: own[which], status: 'Cleaned', user_id: 1, service: 'many' });
    if (which === 'failed') expect(job.exit_code).toBe(7);
  });

  it('a cleaned job still answers, also after the next start: no archive, no partial results, no termination', async () => {
    const id = twenty[0]!;
    await cleaned(id);
    const download = await pair.get(`/download/${id}`);
    expect(download.status).toBe(200);
    expect(download.contentType).toMatch(/^application\/json/);
    expect(download.json()).toMatchObject({ id, status: 'Cleaned' });
    expect((await pair.get(`/download_partial/${id}`)).status).toBe(404);
    expect((await pair.terminate(id)).status).toBe(409);
    expect((await pair.job(id)).status).toBe('Cleaned');
  });

  itUnless(
    immutable,
    'case 68: a directory that cannot be removed does not stop the others, is reported once, and goes later',
    async () => {
      const jobs = await Promise.all(twenty.map((id) => cleaned(id)));
      expect(tally(jobs.map((job) => job.status))).toEqual({ Cleaned: 20 });
      // Jobs of a later pass are gone: by then the stuck one was tried twice.
      await Promise.all([own.long, own.behind].map((id) => cleaned(id)));
      expect(existsSync(stuck)).toBe(true);
      expect(lines(pair.server.log(), 'could not be removed', stuck).length).toBe(1);
      setImmutable(stuck, false);
      await eventually(() => !existsSync(stuck), {
        timeoutMs: CLEANED_WITHIN_MS,
        lastSeen: () => readdirSync(pair.serverData).join(' '),
      });
    },
    120_000,
  );

  it('nothing is left of cleaned jobs on either side, and a service with its own MAX_AGE keeps its own', async () => {
    await Promise.all([...twenty, own.failed, own.invalid, own.killed, own.long, own.behind].map((id) => cleaned(id)));
    await eventually(() => readdirSync(pair.clientData).length === 0, { timeoutMs: CLEANED_WITHIN_MS });
    expect(pair.serverEntries().filter((name) => join(pair.serverData, name) !== stuck).length).toBe(1);
    const answer = await pair.get(`/download/${own.kept}`);
    expect((await ZipContents.read(answer.body)).text('o')).toBe('kept\n');
    await pair.restartServer();
    expect((await pair.job(own.killed)).status).toBe('Cleaned');
    expect((await pair.get(`/download_partial/${twenty[0]!}`)).status).toBe(404);
  }, 90_000);
});

describe('directories that belong to no job', () => {
  let home: string;
  let data: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'orchestrator-orphans-'));
    data = join(home, 'data');
    mkdirSync(data);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  /** Makes directories with a file in each, that were last changed a day ago. */
  function make(count: number, ending: string, changedAt = Date.now() / 1000 - 86_400): string[] {
    return upTo(count).map(() => {
      const name = randomUUID() + ending;
      mkdirSync(join(data, name, 'input'), { recursive: true });
      writeFileSync(join(data, name, 'input', 'run.sh'), script('true'));
      utimesSync(join(data, name), changedAt, changedAt);
      return name;
    });
  }

  const start = (role: Role) =>
    Program.start(role, { DB_PATH: join(home, `${role}.sqlite`), DATA_PATH: data, MAX_AGE: '3600' });

  it.each([
    ['server', ''],
    ['client', '.run'],
  ] as [Role, string][])(
    'case 69: 50 of them, older than MAX_AGE, are removed by a %s that starts',
    async (role, form) => {
      make(50, form);
      const young = make(2, form, Date.now() / 1000);
      make(3, `${form}.part`);
      const others = make(2, role === 'server' ? '.run' : '');
      mkdirSync(join(data, 'lost+found'));
      utimesSync(join(data, 'lost+found'), 0, 0);
      const wanted = [...young, ...others, 'lost+found'].sort();
      const program = await start(role);
      try {
        await eventually(() => readdirSync(data).sort().join(' ') === wanted.join(' '), {
          lastSeen: () => `${readdirSync(data).length} entries, ${wanted.length} wanted`,
        });
        expect(lines(program.log(), 'could not be removed')).toEqual([]);
      } finally {
        expect(await program.stop()).toBe(0);
      }
    },
  );

  itUnless(noImmutableFiles(), 'case 69: one that cannot be removed is reported once, not in each pass', async () => {
    const [stuck] = make(1, '');
    make(20, '');
    setImmutable(join(data, stuck!), true);
    const server = await start('server');
    try {
      await eventually(() => readdirSync(data).join(' ') === stuck);
      await eventually(() => lines(server.log(), 'could not be removed', stuck!).length === 1);
    } finally {
      setImmutable(join(data, stuck!), false);
      expect(await server.stop()).toBe(0);
    }
  });
});
