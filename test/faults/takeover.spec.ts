import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Payload } from '../../src/wire/payload';
import { eventually } from '../support/eventually';
import { isAlive } from '../support/processes';
import { fileParts, multipart, request } from '../support/http';
import { Pair } from '../support/pair';
import { script, TRAP_LINE } from '../support/script';
import { ZipContents } from '../support/zip';
import { ended } from '../support-jobs/endings';
import { RunLog } from '../support-jobs/run-log';
import { RustDatabase, type RustRow } from '../support-storage/rust-database';
import { insert, query } from '../support-storage/sqlite-file';
import { smallZip } from '../support-faults/small-zip';

/** Above the largest pid that Linux gives. */
const NO_PROCESS = 4_194_400;

type Ids<Name extends string> = Record<Name, { id: number; loc: string }>;

async function addAll<Name extends string>(database: RustDatabase, rows: Record<Name, RustRow>): Promise<Ids<Name>> {
  const ids = {} as Ids<Name>;
  for (const [name, row] of Object.entries<RustRow>(rows)) ids[name as Name] = await database.add(row);
  return ids;
}

const LOST = 'its processes are gone, and left no exit code';

/** The copy that was made before the first change, and what it holds. */
async function copyBeside(file: string): Promise<string> {
  const copies = readdirSync(dirname(file)).filter((name) => name.includes('before'));
  expect(copies.length).toBe(1);
  const copy = join(dirname(file), copies[0]!);
  expect(await query(copy, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  return copy;
}

describe("case 72: a server's database of the Rust program", () => {
  let pair: Pair;
  let log: RunLog;
  let ids: Awaited<ReturnType<typeof prepare>>;
  let file: string;
  const archive = smallZip({ o: 'old result\n' });

  async function payload(text: string): Promise<number> {
    const { headers, body } = multipart(fileParts({ 'run.sh': text }));
    const answer = await request(`${pair.client.url}/submit`, { method: 'POST', headers, body });
    return answer.json<Payload>().id;
  }

  async function prepare() {
    const finished = await payload(log.script('finished', 'echo finished > o'));
    const going = await payload(log.gatedScript('going', 'going', 'echo going > o'));
    const locked = await payload(log.gatedScript('locked-going', 'never'));
    const failed = await payload(script('echo why > why; exit 3'));
    const narrow = await payload(log.gatedScript('narrow-going', 'narrow', 'echo going > o'));
    const database = await RustDatabase.create(join(pair.root, 'server'), 'jobs');
    const at = (dest_id: number) => ({ dest_id });
    const run = (name: string) => ({ 'run.sh': log.script(name, `echo ${name} > o`) });
    return addAll(database, {
      queued: { status: 'queued', files: { ...run('queued'), input: 'a file of this name' } },
      unknown: { status: 'unknown', files: run('unknown'), isRelative: true },
      noFiles: { status: 'unknown', files: null },
      processing: { status: 'processing', files: run('processing') },
      submittedNowhere: { status: 'submitted', files: run('submitted') },
      submitted: { status: 'submitted', files: run('finished'), columns: at(finished) },
      running: { status: 'running', files: run('going'), columns: at(going) },
      forgotten: { status: 'running', files: run('forgotten'), columns: at(9999) },
      completed: { status: 'completed', files: { 'output.zip': archive }, isRelative: true, columns: at(7000) },
      moved: { status: 'completed', files: { 'output.zip': archive }, isMoved: true, columns: at(7005) },
      failed: { status: 'failed', files: run('failed'), columns: at(7001) },
      lost: { status: 'lost', files: run('lost'), columns: at(7006) },
      invalid: { status: 'invalid', files: {}, columns: at(7002) },
      killed: { status: 'killed', files: {}, columns: at(7003) },
      cleaned: { status: 'cleaned', files: null, columns: at(7004) },
      lockedThere: { status: 'locked', files: {}, columns: at(locked) },
      lockedNowhere: { status: 'locked', files: run('locked') },
      failedThere: { status: 'failed', files: run('failed'), columns: at(failed) },
      narrowGoing: { status: 'running', files: {}, columns: { ...at(narrow), service: 'narrow' } },
      narrowUnknown: { status: 'unknown', files: run('narrow-unknown'), columns: { service: 'narrow' } },
      elsewhere: { status: 'queued', files: run('elsewhere'), columns: { service: 'gone' } },
    });
  }

  beforeAll(async () => {
    pair = await Pair.start({ services: { example: {}, narrow: { maxRuns: 1 } } });
    log = new RunLog(pair.shared);
    await pair.server.stop();
    rmSync(join(pair.root, 'server'), { recursive: true });
    mkdirSync(join(pair.root, 'server'));
    ids = await prepare();
    file = join(pair.root, 'server', 'db.sqlite');
    await pair.restartServer();
  }, 30_000);
  afterAll(() => {
    ['going', 'narrow'].forEach((gate) => log.open(gate));
    return pair.stop();
  });

  it('a copy of it as it was is made first', async () => {
    const copy = await copyBeside(file);
    const rows = await query(copy, 'SELECT status FROM jobs ORDER BY id');
    expect(rows.slice(0, 3).map((row) => row.status)).toEqual(['queued', 'unknown', 'unknown']);
    expect(await query(copy, "SELECT name FROM sqlite_master WHERE name = 'migrations'")).toEqual([]);
  });

  it('results of completed jobs are there under their old ids', async () => {
    const answer = await pair.get(`/download/${ids.completed.id}`);
    expect({ isZip: answer.isZip, isSame: answer.body.equals(archive) }).toEqual({ isZip: true, isSame: true });
    const job = await pair.job(ids.completed.id);
    expect(job).toMatchObject({ status: 'Completed', user_id: 1, service: 'example' });
    expect(job.ended_at).toEqual(expect.any(String));
    expect((await pair.get(`/download/${ids.moved.id}`)).isZip).toBe(true);
  });

  it.each(['failed', 'invalid', 'killed', 'cleaned'] as const)('a %s job stays what it is', async (which) => {
    expect((await pair.job(ids[which].id)).status.toLowerCase()).toBe(which);
    expect((await pair.get(`/download/${ids[which].id}`)).json()).toMatchObject({ id: ids[which].id });
  });

  it('a job that the other program called lost has failed, saying why', async () => {
    expect(await pair.job(ids.lost.id)).toMatchObject({ status: 'Failed', message: LOST });
  });

  it('its quota is right from the first moment: what waits starts only when what runs has ended', async () => {
    await pair.result(await pair.submit(log.script('passes-by')));
    expect(log.started('narrow-')).toEqual(['narrow-going']);
    log.open('narrow');
    expect((await pair.result(ids.narrowGoing.id)).text('o')).toBe('going\n');
    expect((await pair.result(ids.narrowUnknown.id)).text('o')).toBe('narrow-unknown\n');
    expect(log.mostAtOnce('narrow-')).toBe(1);
  });

  it.each(['queued', 'unknown'] as const)('a job that waited (%s) runs, once', async (which) => {
    expect((await pair.result(ids[which].id)).text('o')).toBe(`${which}\n`);
    expect(log.started(which)).toEqual([which]);
  });

  it('an upload that was cut off has failed', async () => {
    expect(await ended(pair, ids.noFiles.id)).toMatchObject({
      status: 'Failed',
      message: expect.stringMatching(/upload/) as string,
    });
  });

  it.each(['processing', 'submittedNowhere'] as const)(
    'a job of which nobody knows whether it was handed over (%s) has failed, saying so, and is not run',
    async (which) => {
      const job = await ended(pair, ids[which].id);
      expect(job).toMatchObject({ status: 'Failed', message: expect.stringMatching(/hand-over unknown/) as string });
      expect(log.started('processing')).toEqual([]);
      expect(log.started('submitted')).toEqual([]);
    },
  );

  it.each(['lockedThere', 'lockedNowhere'] as const)('a wish to terminate (%s) is carried out', async (which) => {
    expect(await ended(pair, ids[which].id)).toMatchObject({ status: 'Killed' });
  });

  it('the files of a job that had failed are fetched from its executor', async () => {
    const files = await pair.get(`/download_partial/${ids.failedThere.id}`);
    expect((await ZipContents.read(files.body)).text('why')).toBe('why\n');
  });

  it('jobs that an executor has are asked for there: ended, running and forgotten ones', async () => {
    expect((await pair.result(ids.submitted.id)).text('o')).toBe('finished\n');
    expect(['Submitted', 'Running']).toContain((await pair.job(ids.running.id)).status);
    log.open('going');
    expect((await pair.result(ids.running.id)).text('o')).toBe('going\n');
    expect(await ended(pair, ids.forgotten.id, 30_000)).toMatchObject({ status: 'Failed' });
    for (const name of ['finished', 'going']) expect(log.started(name)).toEqual([name]);
  }, 60_000);

  it('a job of a service that is not configured waits, saying why', async () => {
    expect(await pair.job(ids.elsewhere.id)).toMatchObject({
      status: 'Queued',
      message: expect.stringMatching(/gone/) as string,
    });
  });

  it('new ids go on behind the old ones, and the other program could still write its rows', async () => {
    const id = await pair.submit(script('true'));
    expect(id).toBeGreaterThan(Math.max(...Object.values(ids).map((each) => each.id)));
    await ended(pair, id);
    await pair.server.stop();
    await insert(file, 'jobs', { user_id: 1, service: 'example', status: 'failed', loc: '/tmp/nowhere' });
    await pair.restartServer();
    expect((await pair.job(ids.completed.id)).status).toBe('Completed');
    await copyBeside(file);
  });
});

describe("case 72: a client's database of the Rust program", () => {
  let pair: Pair;
  let log: RunLog;
  let ids: Awaited<ReturnType<typeof prepare>>;
  beforeAll(async () => {
    pair = await Pair.start({ withClient: false });
    log = new RunLog(pair.shared);
    ids = await prepare();
    await pair.startClient();
  }, 30_000);
  afterAll(() => {
    log.open('live');
    return pair.stop();
  });

  /** Starts scripts as the other program does: each in its directory, all in the session of a program that is gone. */
  async function launch(locs: readonly string[]): Promise<number[]> {
    const starter = 'for loc; do cd "$loc"; bash run.sh < /dev/null > /dev/null 2>&1 & echo $!; done';
    const child = spawn('bash', ['-c', starter, 'client', ...locs], { detached: true });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return output.trim().split('\n').map(Number);
  }

  async function prepare() {
    const database = await RustDatabase.create(join(pair.root, 'client'), 'payloads');
    const live = log.gatedScript('running', 'live', 'echo running > o; echo 0 > .orchestrator.exit');
    const other = log.gatedScript('other', 'never');
    const ended = { 'run.sh': script('true'), '.orchestrator.exit': '0\n' };
    const made = await addAll(database, {
      prepared: {
        status: 'prepared',
        files: { 'run.sh': log.script('prepared', 'echo prepared > o'), work: 'a file' },
      },
      running: { status: 'running', files: { 'run.sh': live } },
      terminated: { status: 'running', files: { 'run.sh': other } },
      wasKilled: { status: 'running', files: { 'run.sh': other }, columns: { killed: 1 } },
      leftover: { status: 'killed', files: { 'run.sh': other }, columns: { killed: 1 } },
      crashing: { status: 'running', files: { 'run.sh': `${TRAP_LINE}\nsleep 0.3\nexit 4\n` } },
      over: { status: 'running', files: { ...ended, o: 'over\n' }, columns: { pid: NO_PROCESS } },
      dead: { status: 'running', files: { 'run.sh': script('true') }, columns: { pid: NO_PROCESS } },
      completed: { status: 'completed', files: { ...ended, o: 'completed\n' }, isRelative: true },
      moved: { status: 'completed', files: { ...ended, o: 'moved\n' }, isMoved: true },
      failed: { status: 'failed', files: { ...ended, o: 'failed\n' } },
      lost: { status: 'lost', files: { 'run.sh': script('true'), o: 'lost\n' } },
      cleaned: { status: 'cleaned', files: null },
      cutOff: { status: 'unknown', files: null, columns: { loc: '' } },
      nowhere: { status: 'unknown', files: null, columns: { loc: null } },
    });
    const started = ['running', 'terminated', 'wasKilled', 'leftover', 'crashing'] as const;
    const pids = await launch(started.map((which) => made[which].loc));
    for (const [at, which] of started.entries()) {
      const pid = pids[at] ?? NO_PROCESS;
      await query(database.file, 'UPDATE payloads SET pid = ? WHERE id = ?', [pid, made[which].id]);
    }
    return made;
  }

  const retrieve = (which: keyof typeof ids) => request(`${pair.client.url}/retrieve/${ids[which].id}`);
  const state = async (which: keyof typeof ids) => (await retrieve(which)).json<Payload>();
  const zip = (which: keyof typeof ids) =>
    eventually(async () => {
      const answer = await retrieve(which);
      return answer.isZip && ZipContents.read(answer.body);
    });

  it('a copy of it as it was is made first', async () => {
    const copy = await copyBeside(join(pair.root, 'client', 'db.sqlite'));
    expect((await query(copy, 'SELECT status FROM payloads ORDER BY id'))[0]).toEqual({ status: 'prepared' });
  });

  it('results are there under their old ids, also of what had ended while nobody looked', async () => {
    expect((await zip('completed')).text('o')).toBe('completed\n');
    expect((await zip('over')).text('o')).toBe('over\n');
    expect((await zip('moved')).text('o')).toBe('moved\n');
    expect((await state('failed')).status).toBe('Failed');
    expect((await state('cleaned')).status).toBe('Cleaned');
  });

  it('what waited runs, once', async () => {
    const files = await zip('prepared');
    expect([files.text('o'), files.text('work')]).toEqual(['prepared\n', 'a file']);
    expect(log.started('prepared')).toEqual(['prepared']);
  });

  it('what ran and died has failed: with its exit code, or saying that nobody knows it', async () => {
    await eventually(async () => (await state('crashing')).status === 'Failed');
    expect(await state('crashing')).toMatchObject({ exit_code: 4 });
    await eventually(async () => (await state('dead')).status === 'Failed');
    expect((await state('dead')).message).not.toBe('');
  });

  it('a termination ends that job and no other, though all run in one session', async () => {
    await eventually(() => log.started('other').length >= 1);
    expect((await request(`${pair.client.url}/kill/${ids.terminated.id}`, { method: 'POST' })).status).toBe(200);
    expect((await state('terminated')).status).toBe('Killed');
    expect((await state('running')).status).toBe('Running');
  });

  it('a termination that the other program had not finished is finished', async () => {
    await eventually(async () => (await state('wasKilled')).status === 'Killed');
    const pid = (await state('leftover')).pid;
    await eventually(() => !isAlive(pid));
  });

  it('what the other program called lost has failed, and its files are there', async () => {
    expect(await state('lost')).toMatchObject({ status: 'Failed', message: LOST, exit_code: null });
    const partial = await request(`${pair.client.url}/retrieve_partial/${ids.lost.id}`);
    expect((await ZipContents.read(partial.body)).text('o')).toBe('lost\n');
  });

  it.each(['cutOff', 'nowhere'] as const)('a submission that was cut off (%s) has failed', async (which) => {
    expect(await state(which)).toMatchObject({
      status: 'Failed',
      message: expect.stringMatching(/submission/) as string,
    });
    expect(readdirSync(pair.root)).toContain('client');
  });

  it('what runs goes on, and its files are had meanwhile', async () => {
    expect((await state('running')).status).toBe('Running');
    const partial = await request(`${pair.client.url}/retrieve_partial/${ids.running.id}`);
    expect((await ZipContents.read(partial.body)).has('run.sh')).toBe(true);
  });

  it('what runs ends as its script does, and the next start finds that again', async () => {
    log.open('live');
    expect((await zip('running')).names().sort()).toEqual(['.orchestrator.exit', 'o', 'run.sh']);
    expect((await zip('running')).text('o')).toBe('running\n');
    expect(log.started('running')).toEqual(['running']);
    await pair.restartClient();
    expect((await zip('running')).text('o')).toBe('running\n');
  });
});
