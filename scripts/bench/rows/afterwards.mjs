// Rows that ask whether a past or a crowd makes the same things slower: measured before and after, on one pair.

import { setTimeout as delay } from 'node:timers/promises';
import { addFinishedJobs } from '../history.mjs';
import { WITHIN_MS, holdJobs, latency, polls, throughput, tinyJobs, warmUp } from '../measures.mjs';
import { chosen } from '../number.mjs';
import { SLEEPING } from '../scripts.mjs';
import { JOBS, LATENCY, POLLS } from './figures.mjs';
import { invalidJobs } from './small-jobs.mjs';

/** Prefix of the figures of the first measurement. */
export const BEFORE = 'before:';
const SETTLED_MS = 500;
const FIRST_OTHER_USER = 5_000;
const FIGURES = [LATENCY, JOBS, ...POLLS].map((figure) => ({ ...figure, aim: undefined, isAfter: true }));

const CPU = { key: 'cpu', label: 'CPU a job, both sides', unit: 'ms', better: 'lower', isAfter: true };

/** The three kinds of measure, in the given service. */
async function all(bench, service) {
  const { jobs, cpu } = await throughput(bench, service);
  return { ...(await latency(bench, service)), jobs, cpu, ...(await polls(bench, bench.held)) };
}

const before = (service = 'bench') => ({
  setUp: async (bench) => {
    bench.held = await holdJobs(bench);
    await delay(SETTLED_MS);
  },
  measure: async (bench) =>
    Object.fromEntries(Object.entries(await all(bench, service)).map(([key, value]) => [BEFORE + key, value])),
});
const after = (service = 'bench') => ({ measure: (bench) => all(bench, service) });

const AGAIN = [...FIGURES.slice(0, 2), CPU, ...FIGURES.slice(2)];

export const invalidRow = {
  name: 'invalid',
  about: ({ invalid, connections }) =>
    `${chosen(invalid)} jobs without run.sh over ${connections} connections; then the rest again`,
  services: ['bench', 'hold'],
  figures: [{ key: 'invalid', label: 'until all are Invalid', unit: 'jobs/s', better: 'higher', aim: 300 }, ...AGAIN],
  aimAt: ['invalid', 'connections'],
  phases: [before(), { measure: invalidJobs }, after()],
};

export const historyRow = {
  name: 'history',
  about: ({ finished }) => `with ${chosen(finished)} finished jobs in the databases`,
  services: ['bench', 'hold'],
  oursOnly: 'they are written into our tables',
  figures: AGAIN,
  notes: ['the finished jobs are copies of the rows of jobs that ran; their directories do not exist'],
  phases: [
    before(),
    {
      setUp: async (bench) => {
        await bench.pair.stop();
        await addFinishedJobs(bench.pair, bench.root, bench.options.finished);
        await bench.pair.start();
        await warmUp(bench, 'bench');
      },
    },
    after(),
  ],
};

export const queuedRow = {
  name: 'queued',
  about: ({ queued }) => `with ${chosen(queued)} jobs queued of another service, whose executor is absent`,
  services: ['bench', 'hold', 'away'],
  oursOnly: 'it fails a job whose executor is absent: see queued-same',
  figures: AGAIN,
  phases: [before(), { setUp: (bench) => queueJobs(bench, 'away') }, after()],
};

export const queuedSameRow = {
  name: 'queued-same',
  about: ({ queued }) => `with ${chosen(queued)} jobs queued of one user, who is at the limit, in the same service`,
  services: ['crowd', 'hold'],
  figures: AGAIN,
  notes: ['10 at once of a user there; in the service of the other rows, 100'],
  phases: [
    before('crowd'),
    {
      setUp: async (bench) => {
        // These hold all runs that the user has.
        await queueJobs(bench, 'crowd', { users: 1, jobs: 10, script: SLEEPING, wanted: 'Running' });
        await queueJobs(bench, 'crowd', { users: 1 });
      },
    },
    after('crowd'),
  ],
};

/** Uploads jobs of users that the other measures don't have. */
async function queueJobs({ pair, load, options }, service, more = {}) {
  const sent = { ...tinyJobs(pair, options), service, jobs: options.queued, wanted: undefined, ...more };
  await load.run('sendJobs', { ...sent, firstUser: FIRST_OTHER_USER, withinMs: WITHIN_MS });
  await delay(SETTLED_MS);
}
