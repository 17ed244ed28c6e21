import { Pair } from '../support/pair';
import { eventually } from '../support/eventually';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { RunLog } from '../support-jobs/run-log';
import { running, uniqueSleep, untilGone, untilRunning } from '../support-jobs/processes';

describe('the result archive', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  it('case 34: executable bits and other modes arrive as the job set them', async () => {
    const body =
      'echo "#!/bin/sh" > tool; chmod 755 tool; echo d > data; chmod 640 data; echo p > private; chmod 600 private; mkdir d; chmod 750 d';
    const id = await pair.submit(script(`${body}\n`));
    for (const zip of [await pair.result(id), await pair.partial(id)]) {
      const modes = ['tool', 'data', 'private', 'd/'].map((name) => [name, (zip.mode(name) & 0o777).toString(8)]);
      expect(modes).toEqual([
        ['tool', '755'],
        ['data', '640'],
        ['private', '600'],
        ['d/', '750'],
      ]);
    }
  });

  it('case 35: directories arrive with their contents, empty ones as entries of their own', async () => {
    const body = 'mkdir -p o/empty o/full/deep "o/with space"; echo 1 > o/full/deep/a; echo 2 > "o/with space/b c.txt"';
    const id = await pair.submit(script(`${body}\n`));
    for (const zip of [await pair.result(id), await pair.partial(id)]) {
      expect(zip.text('o/full/deep/a')).toBe('1\n');
      expect(zip.text('o/with space/b c.txt')).toBe('2\n');
      expect(zip.names()).toContain('o/empty/');
      expect(zip.names()).not.toContain('o/empty');
    }
  });

  it('case 36: dots inside a name are no way out of the directory', async () => {
    const body =
      'mkdir -p out_files/sal; echo x > out_files/sal/..data..fa; echo y > "out_files/sal/..."; mkdir ..d; echo z > ..d/..e';
    const id = await pair.submit(script(`${body}\n`));
    for (const zip of [await pair.result(id), await pair.partial(id)]) {
      expect(zip.text('out_files/sal/..data..fa')).toBe('x\n');
      expect(zip.text('out_files/sal/...')).toBe('y\n');
      expect(zip.text('..d/..e')).toBe('z\n');
    }
  });
});

describe('results of failed jobs', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({ client: { KILL_GRACE: '2' } });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  async function expectPartial(id: number): Promise<void> {
    const zip = await pair.partial(id);
    expect(zip.text('o')).toBe('partial\n');
    expect(zip.text('.orchestrator.stderr')).toBe('why\n');
    expect(zip.text('run.sh')).toContain('echo partial');
  }

  it('case 37: the files of a failed job can be had, also after its executor was restarted and when that is gone', async () => {
    const failed = await pair.submit(script('echo partial > o; echo why >&2; exit 3\n'));
    const nap = uniqueSleep(120);
    const killed = await pair.submit(script(`echo partial > o; echo why >&2; ${nap}\n`));
    await untilRunning(nap);
    await pair.terminate(killed);
    expect((await ended(pair, failed)).status).toBe('Failed');
    expect((await ended(pair, killed)).status).toBe('Killed');

    const download = await pair.get(`/download/${failed}`);
    expect(download.status).toBe(200);
    expect(download.headers['content-type']).toMatch(/^application\/json/);
    expect(download.json<{ status: string; message: string }>()).toMatchObject({ id: failed, status: 'Failed' });
    expect(download.json<{ message: string }>().message).toContain('exit code 3');

    for (const id of [failed, killed]) await expectPartial(id);
    await pair.restartClient();
    for (const id of [failed, killed]) await expectPartial(id);
    await pair.client.stop();
    for (const id of [failed, killed]) await expectPartial(id);
    await pair.restartClient();
    await untilGone(nap);
  });

  it('case 38: the failure of a script and the loss of an executor are told apart, and only the second is tried again', async () => {
    const nap = uniqueSleep(120);
    const own = await pair.submit(log.script('own', 'exit 9'));
    const failure = await ended(pair, own);
    expect(failure).toMatchObject({ status: 'Failed', exit_code: 9 });
    expect(failure.message).toContain('exit code 9');

    const interrupted = await pair.submit(log.script('interrupted', nap));
    await untilRunning(nap);
    await pair.client.kill9();
    const waiting = await pair.submit(log.script('waiting', 'echo ok > out'));
    const lost = /refused|reach|contact|lost|answer/i;
    for (const id of [interrupted, waiting]) {
      const job = await eventually(
        async () => {
          const seen = await pair.job(id);
          return lost.test(seen.message) ? seen : undefined;
        },
        { timeoutMs: 30_000, lastSeen: (seen) => JSON.stringify(seen) },
      );
      expect(job.status).not.toBe('Failed');
      expect(job.message).not.toContain('exit code');
    }

    await pair.restartClient();
    expect((await pair.result(waiting, 30_000)).text('out')).toBe('ok\n');
    await pair.terminate(interrupted);
    expect((await ended(pair, interrupted, 30_000)).status).toBe('Killed');
    expect(running(nap)).toEqual([]);
    expect(['own', 'interrupted', 'waiting'].map((name) => log.runs(name).length)).toEqual([1, 1, 1]);
  }, 90_000);
});
