import { readdirSync } from 'node:fs';
import type { Failpoint } from '../../src/common/failpoint';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { running, uniqueSleep, untilGone, untilRunning } from '../support-jobs/processes';
import { RunLog } from '../support-jobs/run-log';
import { diesAtFailpoint, killClientTree, startClientWith } from '../support-faults/faulty-pair';

const CLIENT_POINTS: Failpoint[] = [
  'accept:published',
  'accept:committed',
  'run:spawned',
  'run:ended',
  'release:removed',
];
const single = { service: 'single' };

describe('an executor that is killed at any instant', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { example: { maxRuns: 200, runsPerUser: 100 }, single: { maxRuns: 1, runsPerUser: 1 }, twice: {} },
      server: { SERVICE_TWICE_MAX_ATTEMPTS: '2' },
      client: { KILL_GRACE: '2' },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  it.each(CLIENT_POINTS)('goes on with the job when it starts again after a death at %s', async (point) => {
    const name = point.replace(':', '-');
    await pair.client.stop();
    await startClientWith(pair, { FAILPOINT: point });
    const id = await pair.submit({ 'run.sh': log.script(name, 'cat in > out'), in: name }, single);
    await diesAtFailpoint(pair.client);
    await startClientWith(pair, { KILL_GRACE: '2' });
    expect((await pair.result(id)).text('out')).toBe(name);
    expect(log.started(name)).toEqual([name]);
    const next = await pair.submit(script('true'), single);
    expect((await ended(pair, next)).status).toBe('Completed');
  });

  it('adopts jobs that live on, and reads how those ended that did not wait', async () => {
    const lives = await pair.submit(log.gatedScript('lives', 'lives', 'echo ok > out'));
    const ends = await pair.submit(log.gatedScript('ends', 'ends', 'exit 7'));
    const fine = await pair.submit(log.gatedScript('fine', 'ends', 'echo ok > out'));
    await eventually(() => log.running().length === 3);
    await pair.client.kill9();
    log.open('ends');
    await eventually(() => log.running().length === 1);
    await startClientWith(pair, { KILL_GRACE: '2' });
    expect(await ended(pair, ends)).toMatchObject({ status: 'Failed', exit_code: 7 });
    expect((await pair.result(fine)).text('out')).toBe('ok\n');
    expect((await pair.job(lives)).status).toBe('Running');
    log.open('lives');
    expect((await pair.result(lives)).text('out')).toBe('ok\n');
    for (const name of ['lives', 'ends', 'fine']) expect(log.started(name)).toEqual([name]);
  });

  it('reports jobs that died with it as Failed, with the reason, or starts them again where MAX_ATTEMPTS allows it', async () => {
    const isolated = '[ -e trace ] && echo unclean > out || echo clean > out; touch trace';
    const once = await pair.submit(log.gatedScript('once', 'died'));
    const twice = await pair.submit(
      { 'run.sh': log.script('twice', `${isolated}; [ -e ${pair.shared}/gate-died ] || sleep 300`), in: 'x' },
      { service: 'twice' },
    );
    await eventually(() => log.running('once').length === 1 && log.running('twice').length === 1);
    await killClientTree(pair);
    log.open('died');
    await startClientWith(pair, { KILL_GRACE: '2' });
    const failed = await ended(pair, once);
    expect(failed.status).toBe('Failed');
    expect(failed.message).toMatch(/supervisor lost/);
    const zip = await pair.result(twice);
    expect(zip.text('out')).toBe('clean\n');
    expect(zip.has('in')).toBe(true);
    expect(log.started('once')).toHaveLength(1);
    expect(log.started('twice')).toHaveLength(2);
  });

  it('case 50: ends a job of before its death, all of its processes, when it is terminated', async () => {
    const nap = uniqueSleep(313);
    const id = await pair.submit(script(`(trap "" TERM; exec ${nap}) & setsid ${nap} & ${nap}`), single);
    await untilRunning(nap, 3);
    await pair.client.kill9();
    await startClientWith(pair, { KILL_GRACE: '2' });
    expect((await pair.terminate(id)).status).toBe(200);
    expect((await pair.job(id)).status).toBe('Killed');
    expect(running(nap)).toEqual([]);
    await untilGone(nap);
  });

  it('case 50: a job that ended while the executor was down keeps its true end when it is terminated', async () => {
    const id = await pair.submit(log.gatedScript('true-end', 'true-end', 'echo ok > out'), single);
    await eventually(() => log.running('true-end').length === 1);
    await pair.client.kill9();
    log.open('true-end');
    await eventually(() => log.running('true-end').length === 0);
    const answer = pair.terminate(id);
    await startClientWith(pair, { KILL_GRACE: '2' });
    const { status } = await ended(pair, id);
    expect([(await answer).status, status]).toEqual(status === 'Killed' ? [200, 'Killed'] : [409, 'Completed']);
  });

  it('leaves no directory behind but what may belong to a restored database', async () => {
    // The one that was published without a row goes by its age; what release:removed left, within a sweep.
    await eventually(() => readdirSync(pair.clientData).length <= 1, {
      timeoutMs: 20_000,
      lastSeen: () => readdirSync(pair.clientData).join(' '),
    });
    await pair.client.stop();
    await startClientWith(pair, { MAX_AGE: '1' });
    await eventually(() => readdirSync(pair.clientData).length === 0);
  });
});
