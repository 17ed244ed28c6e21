import { BackendRejectedError, BackendUnavailableError } from '../backend.errors';
import type { JobList } from './job-sight';
import { SlurmCluster } from './slurm-cluster';
import { backendError } from './slurm-errors';
import type { SlurmTransport } from './slurm-transport';
import type { SubmitRequest } from './submit-request';

const EMPTY: JobList = { jobs: [], unreadable: [] };

/** Counts the questions that reach SLURM; answers as it is told. */
class CountingTransport implements SlurmTransport {
  readonly place = 'a test';
  lists = 0;
  pings = 0;
  isClosed = false;
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

  /** Refuses as a controller without its nodes does. */
  submit(_: SubmitRequest, isFresh: boolean): Promise<number> {
    return Promise.reject(backendError('after-restart', 'no such nodes', isFresh));
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
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
    const first = cluster.poll();
    await jest.advanceTimersByTimeAsync(10);
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

  function takingMs(ms: number): () => Promise<JobList> {
    return async () => {
      await jest.advanceTimersByTimeAsync(ms);
      return EMPTY;
    };
  }

  it.each([
    [240, 1_000],
    [480, 1_920],
    [3_000, 12_000],
    [19_000, 30_000],
  ])('whose list takes %i ms is asked for one every %i ms', async (tookMs, everyMs) => {
    transport.answer = takingMs(tookMs);
    await cluster.poll();
    expect(cluster.pollEveryMs).toBe(everyMs);
  });

  it('that was slow once is asked a little less often for a while', async () => {
    const paused: number[] = [];
    for (const tookMs of [100, 100, 100, 100, 3_000, 100, 100, 100, 100, 100]) {
      transport.answer = takingMs(tookMs);
      await cluster.poll();
      paused.push(cluster.pollEveryMs);
      jest.advanceTimersByTime(cluster.pollEveryMs);
    }
    expect(Math.max(...paused)).toBe(2_720);
    expect(paused.at(-1)).toBe(1_000);
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

  it('gives who needs the news a list at once, and the next ones a pause later, shared by all who wait', async () => {
    jest.useRealTimers();
    await cluster.poll();
    const begun = performance.now();
    await cluster.since(begun + 1);
    expect([transport.lists, performance.now() - begun < 500]).toEqual([2, true]);
    const waited = await Promise.all(
      Array.from({ length: 5 }, async () => {
        await cluster.since(performance.now());
        return performance.now() - begun;
      }),
    );
    expect(transport.lists).toBe(3);
    expect(Math.min(...waited)).toBeGreaterThanOrEqual(790);
  });

  it('that is away is not asked by those who need the news either, until the back-off is over', async () => {
    transport.answer = () => Promise.reject(new BackendUnavailableError('away'));
    for (let tick = 0; tick < 600; tick++) {
      await expect(cluster.since(performance.now())).rejects.toThrow('away');
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(transport.lists).toBeGreaterThanOrEqual(4);
    expect(transport.lists).toBeLessThanOrEqual(7);
  });

  it('ends what waits and what the transport does, when the program stops', async () => {
    await cluster.since(performance.now());
    jest.advanceTimersByTime(10);
    const waiting = cluster.since(performance.now());
    cluster.stop();
    await waiting;
    expect(transport.isClosed).toBe(true);
  });

  describe('that refuses a job as one without its nodes does', () => {
    async function refusal(): Promise<unknown> {
      return cluster.submit({} as SubmitRequest, new AbortController().signal).catch((error: unknown) => error);
    }

    async function pollFor(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        await cluster.poll().catch(() => undefined);
        await jest.advanceTimersByTimeAsync(1_000);
      }
    }

    it('is not believed before it has answered for a minute', async () => {
      expect(await refusal()).toBeInstanceOf(BackendUnavailableError);
      await pollFor(50);
      expect(await refusal()).toBeInstanceOf(BackendUnavailableError);
      await pollFor(15);
      expect(await refusal()).toBeInstanceOf(BackendRejectedError);
    });

    it('is not believed after it was away, or was not heard of for so long that it may have been', async () => {
      await pollFor(65);
      transport.answer = () => Promise.reject(new BackendUnavailableError('away'));
      await pollFor(2);
      transport.answer = () => Promise.resolve(EMPTY);
      await pollFor(50);
      expect(await refusal()).toBeInstanceOf(BackendUnavailableError);
      await pollFor(20);
      expect(await refusal()).toBeInstanceOf(BackendRejectedError);
      await jest.advanceTimersByTimeAsync(100_000);
      expect(await refusal()).toBeInstanceOf(BackendUnavailableError);
      await cluster.ready();
      expect(await refusal()).toBeInstanceOf(BackendUnavailableError);
    });

    it('is believed in the end, also when nothing but refused jobs is asked of it', async () => {
      for (let second = 0; second < 60; second += 15) {
        await cluster.ready();
        expect(await refusal()).toBeInstanceOf(BackendUnavailableError);
        await jest.advanceTimersByTimeAsync(15_000);
      }
      await cluster.ready();
      expect(await refusal()).toBeInstanceOf(BackendRejectedError);
    });
  });
});
