import { setTimeout as pass } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { Executor } from '../support/executor';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { eachLimited, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { FakeExecutor } from './fake-executor';
import { startProxied } from './faulty-pair';
import type { Own } from './owned';

/** Case 53. An executor that nobody speaks to for a time: the time itself is what is tested. */
export async function idleExecutor(own: Own, idleMs: number): Promise<void> {
  const executor = await own(Executor.start());
  const id = await executor.submitted('echo ok > out');
  expect((await executor.fetched(id)).text('out')).toBe('ok\n');
  await pass(idleMs);
  expect((await executor.fetched(id)).text('out')).toBe('ok\n');
  const next = await executor.submitted('echo next > out');
  expect(next).toBeGreaterThan(id);
  expect((await executor.fetched(next)).text('out')).toBe('next\n');
}

/** Case 58. Connections are closed by the executor about when the server uses them again: at the pace of its polls. */
export async function closingConnections(own: Own, jobs: number, keepAliveMs: number, paceMs: number): Promise<void> {
  const fake = await own(FakeExecutor.start({ keepAliveTimeoutMs: keepAliveMs }));
  const services = { example: { base: fake.url, maxRuns: 50, runsPerUser: 50 } };
  const pair = await own(Pair.start({ withClient: false, services }));
  const ids: number[] = [];
  for (const n of upTo(jobs)) {
    fake.firstStatus = 'Running'; // so that it is polled for a while
    ids.push(await pair.submit(script(`echo case58-${n}`)));
    await pass(paceMs);
    fake.jobs.forEach((job) => (job.status = 'Completed'));
  }
  for (const id of ids) await pair.waitFor(id, 'Completed');
  for (const n of upTo(jobs)) expect(fake.submissions(`case58-${n}\n`)).toBe(1);
}

/** Case 61. Ten jobs end while server and executor are cut off from each other for at least `cutMs`. */
export async function outageAtTheEnd(own: Own, cutMs: number): Promise<void> {
  const { pair, proxy } = await own(startProxied());
  const log = new RunLog(pair.shared);
  const ids = await eachLimited(upTo(10), 5, (n) =>
    pair.submit(log.gatedScript(`case61-${n}`, 'cut', 'echo ok > out')),
  );
  await eventually(() => log.running().length === 10);
  await proxy.cut();
  const over = pass(cutMs);
  log.open('cut');
  await eventually(() => log.running().length === 0);
  for (const id of ids) {
    await eventually(async () => (await pair.job(id)).message.includes('connection refused'), { timeoutMs: 25_000 });
  }
  await over;
  await proxy.restore();
  const restored = performance.now();
  for (const id of ids) expect((await pair.result(id)).text('out')).toBe('ok\n');
  expect(performance.now() - restored).toBeLessThan(30_000);
  expect(log.started()).toHaveLength(10);
}

/** Case 47. The server is killed while jobs of this size are being handed over. */
export async function killedWhileHandingOver(own: Own, jobs: number, bytes: number): Promise<void> {
  const { pair, proxy } = await own(startProxied());
  const log = new RunLog(pair.shared);
  const bulk = Buffer.alloc(bytes, 'x');
  await proxy.cut();
  const ids = await eachLimited(upTo(jobs), 4, (n) =>
    pair.submit({ 'run.sh': log.script(`case47-${n}`), 'bulk.bin': bulk }, { user: n }),
  );
  await proxy.restore();
  const states = () => eachLimited(ids, 6, async (id) => (await pair.job(id)).status);
  await eventually(async () => (await states()).filter((status) => status === 'Processing').length > 1, {
    intervalMs: 1,
    timeoutMs: 30_000,
  });
  await pair.server.kill9();
  await pair.restartServer();
  for (const id of ids) await pair.waitFor(id, 'Completed', 120_000);
  expect(log.started().sort()).toEqual(
    upTo(jobs)
      .map((n) => `case47-${n}`)
      .sort(),
  );
}
