import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { eventually } from '../support/eventually';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { freePort } from '../support/ports';
import { script } from '../support/script';

interface Service {
  name: string;
  active: number;
  waiting: number;
  reachable: boolean;
  reason: string | null;
}

describe('GET /services', () => {
  let pair: Pair;
  let mute: Server;
  beforeAll(async () => {
    mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    pair = await Pair.start({
      services: {
        well: { maxRuns: 1, runsPerUser: 1 },
        gone: { base: `http://portal:hunter2-secret@127.0.0.1:${await freePort()}` },
        mute: { base: `http://127.0.0.1:${port}` },
      },
    });
  });
  afterAll(async () => {
    await pair.stop();
    mute.close();
  });

  async function services(): Promise<Record<string, Service>> {
    const answer = await pair.get('/services');
    expect(answer.status).toBe(200);
    return Object.fromEntries(answer.json<Service[]>().map((service) => [service.name, service]));
  }

  it('tells names, backends, limits, counts, and that a service is reachable', async () => {
    expect((await services()).well).toEqual({
      name: 'well',
      backend: 'native',
      max_runs: 1,
      runs_per_user: 1,
      wishes: ['walltime'],
      max_walltime: null,
      max_cpus: null,
      max_memory: null,
      active: 0,
      waiting: 0,
      reachable: true,
      reason: null,
    });
  });

  it('counts the jobs that are active and those that wait', async () => {
    const { id, release } = await heldJob(pair);
    const next = await pair.submit(script('true'), { service: 'well' });
    expect((await services()).well).toMatchObject({ active: 1, waiting: 1, reachable: true });
    release();
    await pair.waitFor(id, 'Completed');
    await pair.waitFor(next, 'Completed');
    expect((await services()).well).toMatchObject({ active: 0, waiting: 0 });
  });

  it('says why a service is not reachable, without a job to find out by', async () => {
    expect((await services()).gone).toMatchObject({ reachable: false, reason: 'executor: connection refused' });
  });

  it('is not held up by an executor that takes the connection and never answers', async () => {
    const before = performance.now();
    expect((await services()).mute).toMatchObject({ reachable: false, reason: 'no answer within 1500 ms' });
    expect(performance.now() - before).toBeLessThan(2_500);
  });

  it('shows nothing of addresses and passwords', async () => {
    await pair.submit(script('true'), { service: 'gone' });
    await eventually(async () => (await services()).gone?.waiting === 1);
    const { text } = await pair.get('/services');
    expect(text).not.toMatch(/hunter2|portal|127\.0\.0\.1|http:/);
  });

  it('says that an executor refuses the jobs, although it answers', async () => {
    const closed = await Pair.start({
      server: { EXECUTOR_TOKEN: 'one-secret-of-the-server' },
      client: { EXECUTOR_TOKEN: 'another-secret-of-the-executor' },
    });
    try {
      await closed.submit(script('true'));
      const [service] = await eventually(async () => {
        const answer = (await closed.get('/services')).json<Service[]>();
        return answer[0]?.reason != null && answer;
      });
      expect(service).toMatchObject({ reachable: true, waiting: 1 });
      expect(service?.reason).toMatch(/EXECUTOR_TOKEN/);
    } finally {
      await closed.stop();
    }
  });
});
