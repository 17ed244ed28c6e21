import { eventually } from '../support/eventually';
import { eachLimited, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { startProxied } from '../support-faults/faulty-pair';
import { owning } from '../support-faults/owned';

const own = owning();

it('case 81: SIGTERM with work in every state ends both within 10 s with exit code 0, and costs no job', async () => {
  const { pair, proxy } = await own(startProxied({ services: { example: { maxRuns: 10, runsPerUser: 10 } } }));
  const log = new RunLog(pair.shared);
  const bulk = Buffer.alloc(2_000_000, 'x');
  const running = await eachLimited(upTo(6), 3, (n) =>
    pair.submit(log.gatedScript(`running${n}`, 'stop', 'echo ok > out')),
  );
  await eventually(() => log.running('running').length === 6);

  proxy.injure(/^GET \/retrieve/, { kind: 'trickle', bytesPerSecond: 100 }, 2);
  const fetched = await eachLimited(upTo(2), 2, (n) =>
    pair.submit(log.script(`fetched${n}`, 'head -c 20000 /dev/urandom > bulk; echo ok > out')),
  );
  await eventually(() => proxy.injured === 2);
  proxy.injure(/^POST \/submit/, { kind: 'swallow' }, 2);
  const sent = await eachLimited(upTo(2), 2, (n) =>
    pair.submit({ 'run.sh': log.script(`sent${n}`, 'echo ok > out'), bulk }),
  );
  await eventually(() => proxy.injured === 4);
  const queued = await eachLimited(upTo(5), 3, (n) => pair.submit(log.script(`queued${n}`, 'echo ok > out')));
  const states = await Promise.all([...sent, ...queued].map(async (id) => (await pair.job(id)).status));
  expect([...new Set(states)].sort()).toEqual(['Processing', 'Queued']);

  const begin = performance.now();
  expect(await Promise.all([pair.server.stop(), pair.client.stop()])).toEqual([0, 0]);
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(log.running('running')).toHaveLength(6); // jobs live on
  log.open('stop');
  await Promise.all([pair.restartServer(), pair.restartClient()]);
  for (const id of [...running, ...fetched, ...sent, ...queued]) {
    expect((await pair.result(id)).text('out')).toBe('ok\n');
  }
  const names = log.started();
  expect(names).toHaveLength(15);
  expect(new Set(names).size).toBe(15);
});
