import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { itUnless } from '../support-jobs/conditions';
import { RunLog } from '../support-jobs/run-log';
import { FakeClock, noFakeClock } from '../support-faults/fake-clock';
import { owning } from '../support-faults/owned';

const own = owning();

itUnless(
  noFakeClock(),
  'case 52: steps of the clock stop nothing, end nothing and clean nothing up that runs or waits',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-clock-'));
    const clock = new FakeClock(directory);
    const services = { example: { maxRuns: 5, runsPerUser: 5 }, single: { maxRuns: 1, runsPerUser: 1 } };
    const server = { ...clock.env, SERVICE_EXAMPLE_MAX_RUNTIME: '3600' };
    const pair = await own(Pair.start({ services, server, client: clock.env }));
    const log = new RunLog(pair.shared);
    const long = await pair.submit(log.gatedScript('long', 'long', 'echo ok > out'));
    const held = await pair.submit(log.gatedScript('held', 'held'), { service: 'single' });
    const queued = await pair.submit(log.script('queued'), { service: 'single' });
    await eventually(() => log.running().length === 2);
    const now = async () => Date.parse((await pair.job(await pair.submit(script('true')))).created_at as string);
    for (const [step, ms] of [
      ['-1h', -3_600_000],
      ['+20d', 20 * 86_400_000],
    ] as const) {
      clock.step(step);
      expect(Math.abs((await now()) - Date.now() - ms)).toBeLessThan(60_000); // the programs do see it
      const id = await pair.submit(script('echo ok > out'));
      expect((await pair.result(id, 5_000)).text('out')).toBe('ok\n');
      expect((await pair.job(long)).status).toBe('Running');
      expect((await pair.job(queued)).status).toBe('Queued');
    }
    log.open('held');
    await pair.waitFor(held, 'Completed', 5_000);
    await pair.waitFor(queued, 'Completed', 5_000);
    log.open('long');
    expect((await pair.result(long, 5_000)).text('out')).toBe('ok\n');
    expect(log.started('long')).toHaveLength(1);
    rmSync(directory, { recursive: true });
  },
);
