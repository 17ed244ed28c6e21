import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { uniqueSleep, untilGone, untilRunning } from '../support-jobs/processes';
import { RunLog } from '../support-jobs/run-log';
import { eachLimited, upTo } from '../support-jobs/many';

const one = { maxRuns: 1, runsPerUser: 1 };

describe('slots', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { alpha: one, beta: one, freed: one, crash: { maxRuns: 2, runsPerUser: 2 } },
      client: { KILL_GRACE: '2' },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  const freed = { service: 'freed' };

  it('a service that is full does not hold up another, not even for the same user', async () => {
    const full = await pair.submit(log.gatedScript('alpha0', 'alpha'), { service: 'alpha' });
    const behind = await pair.submit(log.script('alpha1'), { service: 'alpha' });
    await eventually(() => log.running('alpha0').length === 1);
    const other = await pair.submit(log.script('beta0'), { service: 'beta' });
    expect((await ended(pair, other)).status).toBe('Completed');
    expect((await pair.job(behind)).status).toBe('Queued');
    expect(log.started('alpha1')).toEqual([]);
    log.open('alpha');
    for (const id of [full, behind]) expect((await ended(pair, id)).status).toBe('Completed');
    expect(log.mostAtOnce('alpha')).toBe(1);
  });

  it.each([
    ['Failed by its exit code', 'Failed', { 'run.sh': script('exit 1') }],
    ['Failed by a signal', 'Failed', { 'run.sh': script('kill -9 $$') }],
    ['Invalid without run.sh', 'Invalid', { 'input.txt': 'x' }],
    ['Invalid without any file', 'Invalid', {}],
    ['Invalid by the filter', 'Invalid', { 'run.sh': script('sudo id') }],
  ] as [string, string, Record<string, string>][])('a job that is %s gives its slot back', async (_, status, files) => {
    const { id } = (await pair.upload(files, freed)).json<{ id: number }>();
    expect((await ended(pair, id)).status).toBe(status);
    const next = await pair.submit(script('true'), freed);
    expect((await ended(pair, next)).status).toBe('Completed');
  });

  it('a job that is Killed gives its slot back, and so does one Killed in the queue', async () => {
    const nap = uniqueSleep(300);
    const active = await pair.submit(script(nap), freed);
    await untilRunning(nap);
    const queued = await pair.submit(log.script('freed-queued'), freed);
    const next = await pair.submit(script('true'), freed);
    expect((await pair.terminate(queued)).status).toBe(200);
    expect((await pair.terminate(active)).status).toBe(200);
    expect((await ended(pair, next)).status).toBe('Completed');
    expect(log.started('freed-queued')).toEqual([]);
    await untilGone(nap);
  });

  it('no slot is given back twice: after all those endings one job runs at a time', async () => {
    const ids = await eachLimited(upTo(6), 6, (n) => pair.submit(log.script(`freed-after${n}`, 'sleep 0.1'), freed));
    for (const id of ids) expect((await ended(pair, id, 20_000)).status).toBe('Completed');
    expect(log.mostAtOnce('freed-after')).toBe(1);
  });

  it('the limits hold over a crash of the server, and no job is lost or run twice', async () => {
    const crash = { service: 'crash' };
    const ids = await eachLimited(upTo(6), 1, (n) => pair.submit(log.gatedScript(`crash${n}`, 'crash'), crash));
    await eventually(() => log.running('crash').length === 2);
    await pair.server.kill9();
    await pair.restartServer();
    const probe = await pair.submit(script('true'), { service: 'beta' });
    expect((await ended(pair, probe)).status).toBe('Completed');
    expect(log.running('crash').length).toBe(2);
    log.open('crash');
    for (const id of ids) expect((await ended(pair, id, 30_000)).status).toBe('Completed');
    expect(log.mostAtOnce('crash')).toBe(2);
    expect(log.started('crash').sort()).toEqual(upTo(6).map((n) => `crash${n}`));
  });
});
