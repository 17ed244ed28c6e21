import { setTimeout as pause } from 'node:timers/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { eachLimited, tally, upTo } from '../support-jobs/many';
import { running, uniqueSleep, untilGone, untilRunning } from '../support-jobs/processes';
import { RunLog } from '../support-jobs/run-log';

interface StatusBody {
  id: number;
  status: string;
  message: string;
}

describe('terminating a job', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { example: { maxRuns: 200, runsPerUser: 100 }, single: { maxRuns: 1, runsPerUser: 1 } },
      client: { KILL_GRACE: '2' },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  const single = { service: 'single' };

  async function expectTerminated(id: number): Promise<void> {
    const answer = await pair.terminate(id);
    expect(answer.status).toBe(200);
    expect(answer.json<StatusBody>()).toMatchObject({ id, message: 'job terminated' });
    expect((await pair.job(id)).status).toBe('Killed');
  }

  it('case 39: every process of the tree is ended and the slot is free', async () => {
    const nap = uniqueSleep(311);
    const id = await pair.submit(script(`${nap} & (${nap} & ${nap}) & wait\n`), single);
    await untilRunning(nap, 3);
    await expectTerminated(id);
    await untilGone(nap);
    const next = await pair.submit(script('echo next > out\n'), single);
    expect((await ended(pair, next)).status).toBe('Completed');
  });

  it.each([
    ['in a session of its own', (nap: string) => `setsid ${nap} & wait`],
    ['deaf to SIGTERM', (nap: string) => `(trap "" TERM; exec ${nap}) & wait`],
    ['in a process group of its own', (nap: string) => `set -m; ${nap} & wait`],
    ['orphaned', (nap: string) => `(${nap} &); wait; sleep 60`],
  ])('case 39: a process %s is ended too', async (_, body) => {
    const nap = uniqueSleep(311);
    const id = await pair.submit(script(`${body(nap)}\n`));
    await untilRunning(nap);
    await expectTerminated(id);
    await untilGone(nap);
  });

  it('case 39: a process that is stopped, and so does not take a signal, is ended too', async () => {
    const nap = uniqueSleep(311);
    const id = await pair.submit(script(`${nap}\n`));
    await untilRunning(nap);
    process.kill(running(nap)[0]!, 'SIGSTOP');
    await expectTerminated(id);
    await untilGone(nap);
  });

  it('case 39: nothing of the job can run any more when the answer is given', async () => {
    const nap = uniqueSleep(311);
    const id = await pair.submit(script(`(trap "" TERM; exec ${nap}) & ${nap}\n`));
    await untilRunning(nap, 2);
    await expectTerminated(id);
    expect(running(nap)).toEqual([]);
  });

  it('case 39: /download of a killed job says so and its files can be had', async () => {
    const nap = uniqueSleep(311);
    const id = await pair.submit(script(`echo so far > o; ${nap}\n`));
    await untilRunning(nap);
    await expectTerminated(id);
    const download = await pair.get(`/download/${id}`);
    expect(download.status).toBe(200);
    expect(download.json<StatusBody>()).toMatchObject({ id, status: 'Killed' });
    expect((await pair.partial(id)).text('o')).toBe('so far\n');
  });

  it('case 40: a script that ignores SIGTERM is ended after the grace period', async () => {
    const marker = uniqueSleep(1);
    const ready = join(pair.shared, 'ready40');
    const id = await pair.submit(script(`trap "" TERM; touch ${ready}; while :; do ${marker}; done\n`));
    await eventually(() => existsSync(ready));
    const begin = performance.now();
    await expectTerminated(id);
    expect(performance.now() - begin).toBeLessThan(15_000);
    await untilGone(marker);
  });

  it('case 40: a script that handles SIGTERM gets the time to write its last words', async () => {
    const ready = join(pair.shared, 'ready40b');
    const body = `trap "sleep 0.7; echo bye > bye; exit 0" TERM; touch ${ready}; while :; do sleep 0.1; done`;
    const id = await pair.submit(script(`${body}\n`));
    await eventually(() => existsSync(ready));
    await expectTerminated(id);
    expect((await pair.partial(id)).text('bye')).toBe('bye\n');
  });

  it('case 42: a queued job is killed at once, never runs, and takes no slot', async () => {
    const first = await pair.submit(log.gatedScript('first42', '42'), single);
    await eventually(() => log.running('first42').length === 1);
    const second = await pair.submit(log.script('second42'), single);
    const third = await pair.submit(log.script('third42'), single);
    expect((await pair.job(second)).status).toBe('Queued');
    const begin = performance.now();
    await expectTerminated(second);
    expect(performance.now() - begin).toBeLessThan(1_000);
    log.open('42');
    expect((await ended(pair, first)).status).toBe('Completed');
    expect((await ended(pair, third)).status).toBe('Completed');
    expect((await pair.job(second)).status).toBe('Killed');
    expect(log.started('second42')).toEqual([]);
  });

  it('case 42: a second terminate of a killed job is answered like the first', async () => {
    const id = await pair.submit(script('sleep 60\n'));
    await expectTerminated(id);
    await expectTerminated(id);
  });

  it('case 43: a completed job stays completed, and the same archive is served', async () => {
    const id = await pair.submit(script('echo ok > out\n'));
    await ended(pair, id);
    const before = await pair.get(`/download/${id}`);
    const answer = await pair.terminate(id);
    expect(answer.status).toBe(409);
    expect(answer.json<StatusBody>()).toMatchObject({ id, status: 'Completed' });
    expect((await pair.job(id)).status).toBe('Completed');
    const after = await pair.get(`/download/${id}`);
    expect(after.isZip).toBe(true);
    expect(after.body.equals(before.body)).toBe(true);
  });

  it.each([
    ['Failed', { 'run.sh': script('exit 3\n') }],
    ['Invalid', { 'other.txt': 'no run.sh' }],
  ])('case 43: a job that is %s stays so, with its message', async (status, files) => {
    const answer = await pair.upload(files);
    const { id } = answer.json<StatusBody>();
    const before = await ended(pair, id);
    expect(before.status).toBe(status);
    expect((await pair.terminate(id)).status).toBe(409);
    const after = await pair.job(id);
    expect([after.status, after.message, after.ended_at]).toEqual([status, before.message, before.ended_at]);
  });

  it('case 44: a job terminated while it ends is Killed or Completed, for good, and Completed comes with a whole archive', async () => {
    /** What a portal sees: the status, or that there is a zip. */
    const seen = async (id: number) => {
      const answer = await pair.get(`/download/${id}`);
      return answer.isZip ? 'Completed' : answer.json<StatusBody>().status;
    };
    const outcomes = await eachLimited(upTo(200), 25, async (n) => {
      const id = await pair.submit(script('sleep 0.5; echo ok > out\n'), { user: n % 10 });
      await pause(400 + Math.random() * 300); // the moment at which the job is about to end is the point here
      const answer = await pair.terminate(id);
      expect([200, 409]).toContain(answer.status);
      const first = (await ended(pair, id)).status;
      expect(['Killed', 'Completed']).toContain(first);
      const later = await eachLimited(upTo(10), 1, () => seen(id));
      expect(tally(later)).toEqual({ [first]: 10 });
      if (answer.status === 200) expect(first).toBe('Killed');
      if (first === 'Completed') expect((await pair.result(id)).text('out')).toBe('ok\n');
      return first;
    });
    expect(outcomes.length).toBe(200);
  }, 120_000);

  it('case 45: twenty terminates at once make one transition, and none of them is an error', async () => {
    const nap = uniqueSleep(311);
    const id = await pair.submit(script(`${nap}\n`));
    await untilRunning(nap);
    const logged = pair.server.log().length;
    const answers = await Promise.all(upTo(20).map(() => pair.terminate(id)));
    const counts = tally(answers.map((answer) => String(answer.status)));
    expect(Object.keys(counts).filter((status) => !['200', '409'].includes(status))).toEqual([]);
    expect(counts['200']).toBeGreaterThan(0);
    expect((await pair.job(id)).status).toBe('Killed');
    expect(running(nap)).toEqual([]);
    const lines = pair.server.log().slice(logged).split('\n');
    const transitions = lines.filter((line) => line.includes('Killed') && line.includes(`"jobId":${id},`));
    expect(transitions.length).toBe(1);
  });

  it.each([
    '999999',
    '0',
    '-1',
    'abc',
    '99999999999999',
    '2147483648',
    '99999999999999999999999',
    '1.5',
    '1e0',
    '0x1',
    '%201',
    '+1',
    '1abc',
    'NaN',
  ])('case 46: terminate of %s, which is no job, is 404 or 400 with a StatusBody', async (id) => {
    const answer = await pair.post(`/terminate/${id}`);
    expect([400, 404]).toContain(answer.status);
    const body = answer.json<StatusBody>();
    expect(body).toMatchObject({ id: 0, status: 'Unknown' });
    expect(typeof body.message).toBe('string');
    expect(body.message).not.toBe('');
  });
});
