import { eventually } from '../support/eventually';
import { script } from '../support/script';
import { RunLog } from '../support-jobs/run-log';
import { startProxied } from '../support-faults/faulty-pair';
import { owning } from '../support-faults/owned';
import { outageAtTheEnd } from '../support-faults/timed-scenarios';

const own = owning();

/** A script whose result is too large for one packet and can't be compressed. */
const BULKY = 'head -c 300000 /dev/urandom > bulk; sha256sum bulk > sum';

it('case 61: jobs that end while server and executor are cut off from each other are Completed once they are not', () =>
  outageAtTheEnd(own, 5_000));

it('case 60: a hand-over whose answer is lost is not repeated on the executor', async () => {
  const { pair, proxy } = await own(startProxied());
  const log = new RunLog(pair.shared);
  proxy.injure(/^POST \/submit/, { kind: 'drop-answer' });
  const id = await pair.submit(log.script('case60', 'echo ok > out'));
  expect((await pair.result(id)).text('out')).toBe('ok\n');
  expect(proxy.injured).toBe(1);
  expect(log.started()).toEqual(['case60']);
});

it.each([
  ['cut off in the middle', { kind: 'cut-after', bytes: 150_000 }],
  ['damaged on the way', { kind: 'flip', offset: 150_000 }],
  ['lost', { kind: 'drop-answer' }],
] as const)('a result archive that is %s is fetched again, and only a whole one is served', async (_, injury) => {
  const { pair, proxy } = await own(startProxied());
  const log = new RunLog(pair.shared);
  proxy.injure(/^GET \/retrieve\//, injury, 2);
  const id = await pair.submit(log.script('bulky', BULKY));
  const zip = await pair.result(id);
  expect(zip.text('sum')).toBe(`${zip.sha256('bulk')}  bulk\n`);
  expect(proxy.injured).toBe(2);
  expect(log.started()).toEqual(['bulky']);
});

it('a lost executor makes its jobs Failed after EXECUTOR_LOST_AFTER, and they are ended before it gets new ones', async () => {
  const services = { example: { maxRuns: 1, runsPerUser: 1 } };
  const { pair, proxy } = await own(
    startProxied({ services, server: { EXECUTOR_LOST_AFTER: '2' }, client: { KILL_GRACE: '1' } }),
  );
  const log = new RunLog(pair.shared);
  const lost = await pair.submit(log.gatedScript('lost', 'never'));
  const next = await pair.submit(log.script('next'));
  await eventually(() => log.running('lost').length === 1);
  await proxy.cut();
  expect((await pair.waitFor(lost, 'Failed')).message).toMatch(/executor lost/);
  expect((await pair.job(next)).status).toBe('Queued');
  await proxy.restore();
  await pair.waitFor(next, 'Completed');
  expect(log.mostAtOnce()).toBe(1);
  expect(log.started()).toEqual(['lost', 'next']);
});

it('a lost executor makes room only once its jobs are ended, also when the server was restarted meanwhile', async () => {
  const services = { example: { maxRuns: 1, runsPerUser: 1 } };
  const { pair, proxy } = await own(
    startProxied({ services, server: { EXECUTOR_LOST_AFTER: '2' }, client: { KILL_GRACE: '1' } }),
  );
  const log = new RunLog(pair.shared);
  const lost = await pair.submit(log.gatedScript('lost', 'never'));
  await eventually(() => log.running('lost').length === 1);
  await proxy.cut();
  await pair.waitFor(lost, 'Failed');
  await pair.restartServer();
  const next = await pair.submit(log.script('next'));
  await proxy.restore();
  await pair.waitFor(next, 'Completed');
  expect(log.mostAtOnce()).toBe(1);
});

it('jobs wait for an executor that is not there yet, say why, and run when it is', async () => {
  const { pair, proxy } = await own(startProxied());
  await proxy.cut();
  const id = await pair.submit(script('echo ok > out'));
  await eventually(async () => (await pair.job(id)).message.includes('connection refused'));
  expect((await pair.job(id)).status).toBe('Queued');
  await proxy.restore();
  expect((await pair.result(id)).text('out')).toBe('ok\n');
});
