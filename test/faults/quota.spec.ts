import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { allEnded, ended } from '../support-jobs/endings';
import { eachLimited, tally, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { directoryUse } from '../support-storage/directory-use';

const MAX_UPLOAD_BYTES = 100_000;

/** Pauses between kills, in milliseconds; printed, so that a failure can be looked at. */
function randomPauses(count: number, mostMs: number): number[] {
  const pauses = upTo(count).map(() => Math.round(Math.random() * mostMs));
  console.log(`pauses between kills: ${pauses.join(' ')} ms`);
  return pauses;
}

describe('quotas under faults', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: {
        leak: { maxRuns: 3, runsPerUser: 2 },
        first: { maxRuns: 2, runsPerUser: 2 },
        clog: { maxRuns: 2, runsPerUser: 2 },
        other: { maxRuns: 1, runsPerUser: 1 },
      },
      server: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  /** A job on a service of its own goes the whole way, in which time one too many would start on the others. */
  async function passTime(): Promise<void> {
    await pair.result(await pair.submit(script('true'), { service: 'other', user: 99 }));
  }

  it('case 65: refused uploads leave neither directories nor bytes behind, and take no part of a quota', async () => {
    const before = directoryUse(pair.serverData);
    const run = { 'run.sh': script('true') };
    const refusals = [
      { status: 400, upload: () => pair.upload(run, { service: 'no_such' }) },
      { status: 400, upload: () => pair.upload(run, { user: null }) },
      { status: 400, upload: () => pair.upload(run, { user: 'somebody' }) },
      { status: 413, upload: () => pair.upload({ ...run, big: Buffer.alloc(MAX_UPLOAD_BYTES, 1) }) },
    ];
    const answers = await eachLimited(upTo(200), 8, async (n) => {
      const { status, upload } = refusals[n % refusals.length]!;
      return `${status} wanted, ${(await upload()).status} came`;
    });
    expect(tally(answers)).toEqual({ '400 wanted, 400 came': 150, '413 wanted, 413 came': 50 });
    expect(directoryUse(pair.serverData)).toEqual(before);
    await passTime();
  });

  it('case 64: no slot leaks over 10 kills of the executor, and no limit is exceeded meanwhile', async () => {
    const ids = await eachLimited(upTo(60), 8, (n) =>
      pair.submit(log.script(`leak-u${n % 4}-${n}`, 'sleep 0.3'), { user: n % 4, service: 'leak' }),
    );
    for (const pause of randomPauses(10, 400)) {
      await wait(pause); // what is between two kills is the fault itself
      await pair.client.kill9();
      await pair.restartClient();
    }
    expect(tally((await allEnded(pair, ids)).map((job) => job.status))).toEqual({ Completed: 60 });
    expect(log.started('leak-').sort()).toEqual(
      upTo(60)
        .map((n) => `leak-u${n % 4}-${n}`)
        .sort(),
    );
    expect(log.mostAtOnce('leak-')).toBeLessThanOrEqual(3);
    for (const user of upTo(4)) expect(log.mostAtOnce(`leak-u${user}-`)).toBeLessThanOrEqual(2);

    const after = await eachLimited(upTo(6), 6, (n) =>
      pair.submit(log.gatedScript(`after-${n}`, 'after'), { user: n % 3, service: 'leak' }),
    );
    await eventually(() => log.running('after-').length === 3, { lastSeen: () => log.running('after-').join(' ') });
    await passTime();
    expect(log.running('after-').length).toBe(3);
    log.open('after');
    expect(tally((await allEnded(pair, after)).map((job) => job.status))).toEqual({ Completed: 6 });
  }, 90_000);

  it.each(['dispatch:processing:2', 'dispatch:taken:2', 'dispatch:submitted:2', 'end:stored:1'])(
    'a server that is killed at %s counts right from the first second of its next start',
    async (point) => {
      const name = `first-${point.replaceAll(/\W/g, '-')}`;
      await pair.restartServer({ server: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES), FAILPOINT: point } });
      const ids: number[] = [];
      // The last upload may find the server dead already: what isn't accepted is no job.
      const upload = (n: number, text: string) =>
        pair.submit(text, { user: n % 2, service: 'first' }).then(
          (id) => ids.push(id),
          () => undefined,
        );
      if (point.startsWith('end:')) await upload(9, log.script(`${name}-9`));
      for (const n of upTo(6)) await upload(n, log.gatedScript(`${name}-${n}`, name));
      await eventually(() => !pair.server.isRunning, { lastSeen: () => `the server did not reach ${point}` });
      expect(pair.server.ending).toBe('SIGKILL');
      await pair.restartServer({ server: { MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES) } });
      for (const n of upTo(6)) await upload(n + 10, log.gatedScript(`${name}-${n + 10}`, name));
      await eventually(() => log.running(name).length === 2, { lastSeen: () => log.running(name).join(' ') });
      await passTime();
      expect(log.running(name).length).toBe(2);
      log.open(name);
      expect(tally((await allEnded(pair, ids)).map((job) => job.status))).toEqual({ Completed: ids.length });
      expect(log.mostAtOnce(name)).toBe(2);
      expect(new Set(log.started(name)).size).toBe(log.started(name).length);
    },
    30_000,
  );

  it('the limits hold over kills of the server at random moments, and each job runs once', async () => {
    const ids = await eachLimited(upTo(30), 8, (n) =>
      pair.submit(log.script(`server-u${n % 4}-${n}`, 'sleep 0.4'), { user: n % 4, service: 'leak' }),
    );
    for (const pause of randomPauses(4, 500)) {
      await wait(pause); // what is between two kills is the fault itself
      await pair.server.kill9();
      await pair.restartServer();
    }
    expect(tally((await allEnded(pair, ids)).map((job) => job.status))).toEqual({ Completed: 30 });
    expect(log.started('server-').length).toBe(30);
    expect(log.mostAtOnce('server-')).toBeLessThanOrEqual(3);
    for (const user of upTo(4)) expect(log.mostAtOnce(`server-u${user}-`)).toBeLessThanOrEqual(2);
  }, 60_000);

  // The last test: its queue is left full.
  it('case 63: the job of a second user starts among the next 4 although 500 of a first one wait', async () => {
    await eachLimited(upTo(500), 16, (n) =>
      pair.submit(log.script(`clog-${n}`, 'sleep 0.5'), { user: 1, service: 'clog' }),
    );
    const before = log.started('clog-').length;
    const second = await pair.submit(log.script('clog-second'), { user: 2, service: 'clog' });
    expect((await ended(pair, second)).status).toBe('Completed');
    expect(log.started('clog-').indexOf('clog-second')).toBeLessThan(before + 4);
    expect(before).toBeLessThan(400);
  });
});
