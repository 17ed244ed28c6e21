import type { BackendRef } from '../backend';
import { sightOf } from '../../../test/support-slurm/told-slurm';
import type { JobList } from './job-sight';
import { type ForgottenJob, PastJobs } from './past-jobs';
import type { PastQuery } from './slurm-transport';

let asked: PastQuery[];
let answer: () => Promise<JobList | null>;
let past: PastJobs;
beforeEach(() => {
  asked = [];
  past = new PastJobs((query) => {
    asked.push(query);
    return answer();
  });
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

function job(jobId: number): ForgottenJob {
  return { ref: `ref ${jobId}` as BackendRef, jobId, name: `jo-${jobId}` };
}

async function everySecond(seconds: number, work: () => void): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    work();
    await jest.advanceTimersByTimeAsync(1_000);
  }
}

describe('jobs that SLURM has forgotten', () => {
  it('are looked up again and again while accounting does not know their end, and not once it does', async () => {
    answer = () =>
      Promise.resolve({ jobs: [sightOf(1, 'jo-1', 'FAILED'), sightOf(2, 'jo-2', 'RUNNING')], unreadable: [] });
    await everySecond(60, () => past.lookUp([job(1), job(2)]));
    expect(asked.slice(0, 2)).toEqual([{ jobIds: [1, 2] }, { jobIds: [2] }]);
    expect(asked.length).toBe(12);
    expect([past.of(job(1).ref, 1)?.sight?.words, past.of(job(2).ref, 2)?.sight]).toEqual([['FAILED'], null]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['leaves something out', () => Promise.resolve({ jobs: [], unreadable: ['"step 1,2"'] })],
  ])('are looked up less and less often while accounting %s, at least once a minute', async (_, failing) => {
    answer = failing;
    await everySecond(120, () => past.lookUp([job(1)]));
    expect(asked.length).toBeGreaterThanOrEqual(4);
    expect(asked.length).toBeLessThanOrEqual(5);
    expect(past.of(job(1).ref, 1)).toBeNull();
    await everySecond(600, () => past.lookUp([job(1)]));
    expect(asked.length).toBeGreaterThanOrEqual(13);
    answer = () => Promise.resolve({ jobs: [], unreadable: [] });
    await everySecond(61, () => past.lookUp([job(1)]));
    expect(past.of(job(1).ref, 1)).toMatchObject({ sight: null, isOff: false });
    const before = asked.length;
    await everySecond(10, () => past.lookUp([job(1)]));
    expect(asked.length - before).toBe(2);
  });

  it('share one question at a time, which nobody has to wait for, and the next is for all that came meanwhile', async () => {
    let release = (_: null): void => undefined;
    answer = () => new Promise((resolve) => (release = resolve));
    past.lookUp([job(1)]);
    await everySecond(20, () => [2, 3].forEach((jobId) => past.lookUp([job(jobId)])));
    expect(asked).toEqual([{ jobIds: [1] }]);
    release(null);
    await everySecond(6, () => past.lookUp([job(3)]));
    expect(asked).toEqual([{ jobIds: [1] }, { jobIds: [2, 3] }]);
    expect(past.of(job(1).ref, 1)).toMatchObject({ sight: null, isOff: true });
  });

  it('are known by id and name, for the id that is asked about', async () => {
    answer = () => Promise.resolve({ jobs: [sightOf(1, 'jo-of another', 'FAILED')], unreadable: [] });
    past.lookUp([job(1)]);
    await jest.advanceTimersByTimeAsync(0);
    expect([past.of(job(1).ref, 1)?.sight, past.of(job(1).ref, 2)]).toEqual([null, null]);
  });

  it('leave nothing behind once they are forgotten here, too, not even by an answer that was under way', async () => {
    answer = async () => {
      past.forget(job(1).ref);
      return Promise.resolve({ jobs: [sightOf(1, 'jo-1', 'FAILED')], unreadable: [] });
    };
    past.lookUp([job(1)]);
    await jest.advanceTimersByTimeAsync(0);
    expect([asked.length, past.of(job(1).ref, 1)]).toEqual([1, null]);
  });
});
