import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { CLI, Program } from '../support/program';
import { script } from '../support/script';
import { allEnded, ended } from '../support-jobs/endings';
import { tally, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { copyDatabase, DatabaseLock, insert, query } from '../support-storage/sqlite-file';

/** Longer than a program waits for a lock. */
const LOCKED_MS = 8_000;

describe('the database', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start();
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  const databaseOf = (role: 'server' | 'client') => join(pair.root, role, 'db.sqlite');

  /** Runs the command of the built program, on the server's database unless told otherwise. */
  function backup(args: string[], DB_PATH = databaseOf('server')): Promise<{ code: number; output: string }> {
    const { PATH, HOME } = process.env;
    const options = { cwd: pair.shared, env: { PATH, HOME, DB_PATH }, timeout: 30_000 };
    return new Promise((resolve) =>
      execFile(process.execPath, [CLI, 'backup', ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      ),
    );
  }

  it.each(['server', 'client'] as const)(
    "while the %s's is locked for 8 s running jobs go on, and their end is stored right after",
    async (role) => {
      const job = await heldJob(pair);
      const entries = pair.serverEntries().length;
      const lock = await DatabaseLock.take(databaseOf(role));
      const unlocked = wait(LOCKED_MS).then(() => lock.release()); // how long the fault lasts
      job.release();
      if (role === 'server') {
        const refused = await pair.upload({ 'run.sh': script('true') });
        expect({ status: refused.status, body: refused.json() }).toMatchObject({
          status: 503,
          body: { id: 0, status: 'Unknown' },
        });
        expect(pair.serverEntries().length).toBe(entries);
        expect((await pair.get(`/download/${job.id}`)).status).toBe(200);
      } else {
        // The executor can't take it now: it waits its turn and isn't failed for that.
        await pair.submit(log.script('locked-out'));
      }
      await unlocked;
      const zip = await pair.result(job.id, 10_000);
      expect(zip.text('out')).toBe('whole\n');
      expect((await ended(pair, await pair.submit(script('true')))).status).toBe('Completed');
      if (role === 'client') {
        await eventually(() => log.runs('locked-out').length === 1, { timeoutMs: 20_000 });
      }
    },
    60_000,
  );

  it('backup FILE copies it while the server works, whole and with every accepted job', async () => {
    const ids = await Promise.all(upTo(5).map(() => pair.submit(script('true'))));
    const file = join(pair.shared, 'backup.sqlite');
    const more = Promise.all(upTo(10).map(() => pair.submit(script('true'))));
    expect(await backup([file])).toMatchObject({ code: 0 });
    expect(await query(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    const rows = await query(file, 'SELECT id FROM jobs');
    expect(rows.map((row) => row.id)).toEqual(expect.arrayContaining(ids));
    expect(readdirSync(pair.shared).filter((name) => name.startsWith('backup'))).toEqual(['backup.sqlite']);
    await allEnded(pair, [...ids, ...(await more)]);
  });

  it('backup overwrites nothing and needs a database, and says so with exit code 1; without a file name with 2', async () => {
    const file = join(pair.shared, 'precious');
    writeFileSync(file, 'precious');
    const saying = (text: string) => ({ code: 1, output: expect.stringContaining(text) as string });
    expect(await backup([file])).toEqual(saying(file));
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await backup([join(pair.shared, 'no', 'such', 'directory')])).code).toBe(1);
    expect((await backup([])).code).toBe(2);
    const missing = join(pair.shared, 'missing.sqlite');
    expect(await backup([join(pair.shared, 'copy')], missing)).toEqual(saying(missing));
    expect(existsSync(missing)).toBe(false);
    expect(existsSync(join(pair.shared, 'copy'))).toBe(false);
  });

  it('an older copy put back makes no job run twice, and no directory of a later job rubbish', async () => {
    const done = await pair.submit(log.script('restored-done', 'echo done > o'));
    await pair.result(done);
    const going = await pair.submit(log.gatedScript('restored-going', 'restored', 'echo done > o'));
    await pair.waitFor(going, 'Running');
    const copy = join(pair.shared, 'restored.sqlite');
    expect((await backup([copy])).code).toBe(0);
    const lost = await pair.submit(log.script('restored-lost', 'echo done > o'));
    log.open('restored');
    await Promise.all([pair.result(lost), pair.result(going)]);
    const directories = pair.serverEntries();

    await pair.server.stop();
    copyDatabase(copy, databaseOf('server'));
    await pair.restartServer();
    expect((await pair.result(done)).text('o')).toBe('done\n');
    // Its row says Running, while the executor has given its results away and has forgotten it.
    const known = await ended(pair, going, 30_000);
    if (known.status === 'Completed') expect((await pair.result(going)).text('o')).toBe('done\n');
    else expect(known).toMatchObject({ status: 'Failed', message: expect.stringMatching(/executor/) as string });
    const after = await pair.submit(log.script('restored-after'));
    expect((await ended(pair, after)).status).toBe('Completed');
    expect(pair.serverEntries()).toEqual(expect.arrayContaining(directories));
    expect(log.started('restored-').sort()).toEqual(
      ['after', 'done', 'going', 'lost'].map((name) => `restored-${name}`),
    );
  }, 60_000);

  it('one that a newer release wrote is refused at start, naming file and version, and left as it is', async () => {
    const file = join(pair.shared, 'newer.sqlite');
    expect((await backup([file])).code).toBe(0);
    await insert(file, 'migrations', { timestamp: 2999, name: 'AddSomethingNew2999000000000' });
    for (const role of ['server', 'client'] as const) {
      const { code, log: text } = await Program.runToEnd(role, { DB_PATH: file, DATA_PATH: join(pair.shared, 'data') });
      expect(code).toBe(1);
      expect(text).toContain(file);
      expect(text).toContain('AddSomethingNew2999000000000');
    }
    expect(tally((await query(file, 'SELECT name FROM migrations')).map((row) => String(row.name)))).toMatchObject({
      AddSomethingNew2999000000000: 1,
    });
  });

  it.each([
    ['no database', Buffer.from('this is a letter and no database. '.repeat(200))],
    ['cut short', null],
  ])('a file that is %s is refused at start with its name, and left as it is', async (_, content) => {
    const file = join(pair.shared, `broken-${content ? 'letter' : 'cut'}.sqlite`);
    if (content) writeFileSync(file, content);
    else {
      const whole = join(pair.shared, 'whole.sqlite');
      expect((await backup([whole])).code).toBe(0);
      copyFileSync(whole, file);
      writeFileSync(file, readFileSync(file).subarray(0, 6_000));
    }
    const before = readFileSync(file);
    const { code, log: text } = await Program.runToEnd('server', { DB_PATH: file, DATA_PATH: join(pair.shared, 'd') });
    expect(code).not.toBe(0);
    expect(text).toContain(file);
    expect(readFileSync(file).equals(before)).toBe(true);
    rmSync(file);
  });
});
