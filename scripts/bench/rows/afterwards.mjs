// Rows that ask whether a past or a crowd makes the same things slower: measured before and after, on one pair.

import { setTimeout as delay } from 'node:timers/promises';
import { holdJobs, latency, polls, throughput, tinyJobs, warmUp } from '../measures.mjs';
import { JOBS, LATENCY, POLLS } from './figures.mjs';
import { invalidJobs } from './small-jobs.mjs';

/** Prefix of the figures of the first measurement. */
export const BEFORE = 'before:';
const SETTLED_MS = 1_000;
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

export const invalidRow = {
  name: 'invalid',
  about: ({ invalid, connections }) =>
    `${invalid} jobs without run.sh over ${connections} connections; then the rest again`,
  services: ['bench', 'hold'],
  figures: [
    { key: 'invalid', label: 'until all are Invalid', unit: 'jobs/s', better: 'higher', aim: 300 },
    ...[...FIGURES.slice(0, 2), CPU, ...FIGURES.slice(2)],
  ],
  phases: [before(), { measure: invalidJobs }, after()],
};
