import type { Backend } from '../backends/backend';
import { readServerConfig } from '../config/server-config';
import type { Job } from '../jobs/jobs.repository';
import { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import type { JobEnder } from './job-ender.service';
import { Overtime } from './overtime.service';

const ROW = { id: 1, key: 'k', attempt: 1, service: 'x', loc: '/l', ref: 'r', status: 'Running', walltimeMs: null };

/** What becomes of a job that is known to run for so long, of a service with MAX_RUNTIME=60. */
function look(walltime: boolean | null, ranMs: number, change: (job: ActiveJob) => void = () => undefined) {
  const done: string[] = [];
  const backend = {
    capabilities: () => ({ walltime }),
    terminate: () => {
      done.push('terminated');
      change(job);
      return Promise.resolve();
    },
  } as unknown as Backend;
  const row = { ...ROW, startedAt: Date.now() - ranMs, cpus: null, memoryMiB: null, givenUpKey: null };
  const job = new ActiveJob(row as unknown as Job, backend);
  const active = new ActiveJobs();
  active.add(job);
  const ender = { end: (_: ActiveJob, state: string) => Promise.resolve(done.push(state)) } as unknown as JobEnder;
  const config = readServerConfig({ SERVICE_X_BACKEND: 'other', SERVICE_X_MAX_RUNTIME: '60' });
  new Overtime(active, ender, config).look();
  return new Promise((resolve) => setImmediate(() => resolve(done)));
}

describe('a job that is seen to run for longer than it may', () => {
  it('is ended where its backend keeps no limits', async () => {
    expect(await look(false, 59_000)).toEqual([]);
    expect(await look(false, 61_000)).toEqual(['terminated', 'Failed']);
  });

  it('is left the grace where it is not known yet whether its backend keeps them', async () => {
    expect(await look(null, 100_000)).toEqual([]);
    expect(await look(null, 110_000)).toEqual(['terminated', 'Failed']);
  });

  it('is left to a backend that keeps them: it may have been suspended, or its script not have begun', async () => {
    expect(await look(true, 86_400_000)).toEqual([]);
  });

  it('keeps its results when it ended by itself in the meantime', async () => {
    expect(await look(false, 61_000, (job) => (job.isEnding = true))).toEqual(['terminated']);
  });
});
