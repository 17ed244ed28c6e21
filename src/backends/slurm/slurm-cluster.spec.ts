import { BackendUnavailableError } from '../backend.errors';
import type { JobList } from './job-sight';
import { SlurmCluster } from './slurm-cluster';
import type { SlurmTransport } from './slurm-transport';

const EMPTY: JobList = { jobs: [], unreadable: [] };

/** Counts the questions that reach SLURM; answers as it is told. */
class CountingTransport implements SlurmTransport {
  readonly place = 'a test';
  lists = 0;
  pings = 0;
  answer: () => Promise<JobList> = () => Promise.resolve(EMPTY);

  refusal(): Promise<null> {
    return Promise.resolve(null);
  }

  ping(): Promise<void> {
    this.pings++;
    return this.answer().then(() => undefined);
  }

  list(): Promise<JobList> {
    this.lists++;
    return this.answer();
  }

  past(): Promise<null> {
    return Promise.resolve(null);
  }

  submit(): Promise<number> {
    return Promise.reject(new Error('not here'));
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }
}

let transport: CountingTransport;
let cluster: SlurmCluster;
beforeEach(() => {
  transport = new CountingTransport();
  cluster = new SlurmCluster(transport);
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a cluster', () => {
  it('is asked for one list a second, however many services want one', async () => {
    for (let tick = 0; tick < 100; tick++) {
      await Promise.all([cluster.poll(), cluster.poll(), cluster.poll()]);
      jest.advanceTimersByTime(100);
    }
    expect(transport.lists).toBeGreaterThanOrEqual(10);
    expect(transport.lists).toBeLessThanOrEqual(13);
    expect(cluster.pollEveryMs).toBe(1_000);
  });

  it('gives a list that is as new as it was asked for', async () => {
    await cluster.poll();
    jest.advanceTimersByTime(10);
    const moment = performance.now();
    const [a, b] = await Promise.all([cluster.since(moment), cluster.since(moment)]);
    expect([transport.lists, a === b, a.askedAt >= moment]).toEqual([2, true, true]);
  });

  it('never has two lists under way, and joins one only if that was asked for late enough', async () => {
    let release = (): void => undefined;
    transport.answer = () => new Promise((resolve) => (release = () => resolve(EMPTY)));
    const first = cluster.since(performance.now());
    jest.advanceTimersByTime(10);
    const second = cluster.since(performance.now());
    await Promise.resolve();
    expect(transport.lists).toBe(1);
    release();
    await first;
    await jest.advanceTimersByTimeAsync(0);
    expect(transport.lists).toBe(2);
    release();
    expect((await second).askedAt).toBeGreaterThan((await first).askedAt);
  });

  it('is asked less often when it is slow: a list takes a tenth of the time', async () => {
    transport.answer = async () => {
      await jest.advanceTimersByTimeAsync(700);
      return EMPTY;
    };
    await cluster.poll();
    expect(cluster.pollEveryMs).toBe(7_000);
  });

  it('is asked less and less often while it is away, and as before when it is back', async () => {
    transport.answer = () => Promise.reject(new BackendUnavailableError('away'));
    for (let second = 0; second < 120; second++) {
      await expect(cluster.poll()).rejects.toThrow('away');
      jest.advanceTimersByTime(1_000);
    }
    expect(transport.lists).toBeGreaterThanOrEqual(6);
    expect(transport.lists).toBeLessThanOrEqual(10);
    transport.answer = () => Promise.resolve(EMPTY);
    jest.advanceTimersByTime(30_000);
    await cluster.poll();
    expect(cluster.pollEveryMs).toBe(1_000);
  });

  it('is not pinged when it has just answered, and once for all who ask', async () => {
    await Promise.all([cluster.ready(), cluster.ready()]);
    await cluster.ready();
    expect(transport.pings).toBe(1);
    jest.advanceTimersByTime(6_000);
    await cluster.poll();
    await cluster.ready();
    expect(transport.pings).toBe(1);
    transport.answer = () => Promise.reject(new BackendUnavailableError('away'));
    jest.advanceTimersByTime(6_000);
    await expect(cluster.ready()).rejects.toThrow('away');
  });
});
