import { Pair } from '../support/pair';
import { script } from '../support/script';
import { allEnded } from '../support-jobs/endings';
import { eachLimited, tally, upTo } from '../support-jobs/many';

const DESCRIPTORS = 256;
const JOBS = 500;

describe('few file descriptors', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { example: { maxRuns: 100, runsPerUser: 100 } },
      serverOptions: { ulimitFiles: DESCRIPTORS },
      clientOptions: { ulimitFiles: DESCRIPTORS },
    });
  });
  afterAll(() => pair.stop());

  it('case 30: 500 jobs, 100 at a time, all complete under 256 descriptors in each process', async () => {
    const { pid: serverPid } = pair.server;
    const { pid: clientPid } = pair.client;
    const ids = await eachLimited(upTo(JOBS), 16, (n) => pair.submit(script(`echo ${n} > out\n`), { user: n % 5 }));
    const jobs = await allEnded(pair, ids, 120_000);
    expect(
      tally(jobs.map((job) => (job.status === 'Completed' ? job.status : `${job.status}: ${job.message}`))),
    ).toEqual({
      Completed: JOBS,
    });
    const last = await pair.result(ids.at(-1)!);
    expect(last.text('out')).toBe(`${JOBS - 1}\n`);
    for (const [program, pid] of [
      [pair.server, serverPid],
      [pair.client, clientPid],
    ] as const) {
      expect(program.pid).toBe(pid);
      expect((await fetch(`${program.url}/health`)).status).toBe(200);
      expect(program.openFiles()).toBeLessThan(DESCRIPTORS / 2);
    }
  }, 180_000);
});
