import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { uniqueSleep, untilGone } from '../support-jobs/processes';
import { RunLog } from '../support-jobs/run-log';
import { startClientWith } from '../support-faults/faulty-pair';

describe('SERVICE_<NAME>_MAX_RUNTIME', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { brief: { maxRuns: 20, runsPerUser: 20 }, calm: {}, slow: {} },
      server: { SERVICE_BRIEF_MAX_RUNTIME: '2', SERVICE_BRIEF_MAX_ATTEMPTS: '3', SERVICE_SLOW_MAX_RUNTIME: '6' },
      client: { KILL_GRACE: '1' },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  it('ends scripts that never end, deaf ones and those with daemons too; such a job is Failed, saying so, and not repeated', async () => {
    const nap = uniqueSleep(317);
    const bodies = {
      loops: 'while :; do sleep 0.1; done',
      deaf: 'trap "" TERM; while :; do sleep 0.1; done',
      daemons: `setsid ${nap} & (trap "" TERM; exec ${nap}) & wait`,
      polite: 'trap "exit 0" TERM; echo sofar > out; while :; do sleep 0.1; done',
    };
    const ids = await Promise.all(Object.entries(bodies).map(([name, body]) => pair.submit(log.script(name, body))));
    for (const id of ids) {
      const job = await ended(pair, id, 20_000);
      expect([job.status, job.message]).toEqual(['Failed', expect.stringMatching(/ran longer than 2 s/)]);
    }
    expect(log.started().sort()).toEqual(Object.keys(bodies).sort());
    expect((await pair.partial(ids[3]!)).text('out')).toBe('sofar\n');
    await untilGone(nap);
  });

  it('ends no job that is within it, and none of a service without it', async () => {
    const calm = await pair.submit(script('sleep 3; echo ok > out'), { service: 'calm' });
    const brief = await pair.submit(script('sleep 0.5; echo ok > out'));
    expect((await pair.result(brief)).text('out')).toBe('ok\n');
    expect((await pair.result(calm)).text('out')).toBe('ok\n');
  });

  it('counts from the start of the script, not from that of an executor that was restarted', async () => {
    const id = await pair.submit(log.script('over-restart', 'while :; do sleep 0.1; done'), { service: 'slow' });
    await eventually(() => log.running('over-restart').length === 1);
    const begin = performance.now();
    await pair.client.kill9();
    await startClientWith(pair, { KILL_GRACE: '1' });
    const job = await ended(pair, id, 20_000);
    expect([job.status, job.message]).toEqual(['Failed', expect.stringMatching(/ran longer than 6 s/)]);
    expect(performance.now() - begin).toBeLessThan(9_500);
  });
});
