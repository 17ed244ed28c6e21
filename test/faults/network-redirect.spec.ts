import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { uniqueSleep, untilGone, untilRunning } from '../support-jobs/processes';
import { RunLog } from '../support-jobs/run-log';
import { script } from '../support/script';
import { owning } from '../support-faults/owned';
import { RedirectingFront } from '../support-faults/redirecting-front';

const own = owning();
const STATUSES = [301, 302, 307, 308] as const;

it('case 57: 307 and 308 are followed with method and body whole; 301 and 302 are told, and the job waits', async () => {
  const fronts = await Promise.all(STATUSES.map((status) => own(RedirectingFront.start(status))));
  const services = Object.fromEntries(STATUSES.map((status, at) => [`via${status}`, { base: fronts[at]!.url }]));
  const pair = await own(Pair.start({ services }));
  for (const front of fronts) front.target = pair.client.url;
  const log = new RunLog(pair.shared);

  for (const status of [307, 308]) {
    const form = { service: `via${status}` };
    const id = await pair.submit(
      { 'run.sh': log.script(`via${status}`, 'cp data.bin out'), 'data.bin': 'x'.repeat(100_000) },
      form,
    );
    expect((await pair.result(id)).text('out')).toBe('x'.repeat(100_000));
    expect(log.started(`via${status}`)).toHaveLength(1);
    const nap = uniqueSleep(300);
    const long = await pair.submit(script(nap), form);
    await untilRunning(nap);
    expect((await pair.terminate(long)).status).toBe(200);
    await untilGone(nap);
  }
  for (const [at, status] of ([301, 302] as const).entries()) {
    const id = await pair.submit(log.script(`via${status}`), { service: `via${status}` });
    const clear = new RegExp(`answered ${status} and points to ${pair.client.url}/submit`);
    await eventually(async () => clear.test((await pair.job(id)).message), { timeoutMs: 15_000 });
    expect(['Queued', 'Processing']).toContain((await pair.job(id)).status);
    expect(log.started(`via${status}`)).toEqual([]);
    fronts[at]!.status = 307;
    await pair.waitFor(id, 'Completed');
    expect(log.started(`via${status}`)).toHaveLength(1);
  }
  expect(fronts.flatMap((front) => front.seen).filter((line) => line === 'GET /submit')).toEqual([]);
});
