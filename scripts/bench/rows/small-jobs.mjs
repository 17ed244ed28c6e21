// Rows of many small things: jobs, uploads, polls.

import { setTimeout as delay } from 'node:timers/promises';
import { WITHIN_MS, holdJobs, latency, polls, throughput, tinyJobs } from '../measures.mjs';
import { chosen } from '../number.mjs';
import { LATENCY, POLLS, THROUGHPUT, without } from './figures.mjs';

const BETWEEN_MS = 500;

export const latencyRow = {
  name: 'latency',
  about: ({ latencyJobs }) => `one job on an idle pair; median of ${latencyJobs}, polled each 2 ms`,
  services: ['bench'],
  figures: [LATENCY],
  phases: [{ measure: (bench) => latency(bench) }],
};

export const throughputRow = {
  name: 'throughput',
  about: ({ jobs, users, connections }) =>
    `${chosen(jobs)} tiny jobs of ${users} users over ${connections} connections, quotas of 100`,
  services: ['bench'],
  figures: THROUGHPUT,
  aimAt: ['jobs', 'users', 'connections'],
  notes: ['CPU: user and system time of the trees of processes, those of ended jobs included, from /proc'],
  phases: [{ measure: (bench) => throughput(bench) }],
};

export const defaultQuotasRow = {
  name: 'default-quotas',
  about: ({ quotaJobs }) => `${chosen(quotaJobs)} such jobs under our default quotas, 10 at once, 5 of a user`,
  services: ['bench', 'plain'],
  figures: without(THROUGHPUT),
  phases: [{ measure: (bench) => throughput(bench, 'plain', bench.options.quotaJobs) }],
};

export const uploadsRow = {
  name: 'uploads',
  about: ({ uploads, connections }) =>
    `${chosen(uploads)} uploads over ${connections} connections; their executor is absent`,
  services: ['bench', 'away'],
  figures: [
    { key: 'uploads', label: 'uploads', unit: '/s', better: 'higher' },
    { key: 'p50', label: 'their answers, p50', isPart: true, unit: 'ms', better: 'lower' },
    { key: 'p99', label: 'their answers, p99', isPart: true, unit: 'ms', better: 'lower' },
  ],
  phases: [
    {
      measure: async ({ pair, load, options }) => {
        const sent = { ...tinyJobs(pair, options), service: 'away', jobs: options.uploads, wanted: undefined };
        const { uploadMs, p50Ms, p99Ms } = await load.run('sendJobs', sent);
        await delay(BETWEEN_MS);
        return { uploads: (options.uploads / uploadMs) * 1000, p50: p50Ms, p99: p99Ms };
      },
    },
  ],
};

export const pollsRow = {
  name: 'polls',
  about: ({ pollMs }) => `GET /download/{id} of 20 jobs that run or wait, for ${pollMs / 1000} s`,
  services: ['bench', 'hold'],
  figures: POLLS,
  phases: [
    {
      setUp: async (bench) => {
        bench.held = await holdJobs(bench);
      },
      measure: (bench) => polls(bench, bench.held),
    },
  ],
};

/** Sends jobs without run.sh and waits until all are Invalid. */
export async function invalidJobs({ pair, load, options }) {
  const jobs = options.invalid;
  const sent = { ...tinyJobs(pair, options), service: 'bench', jobs, script: null, wanted: 'Invalid' };
  const { allMs } = await load.run('sendJobs', { ...sent, withinMs: WITHIN_MS });
  return { invalid: (jobs / allMs) * 1000 };
}
