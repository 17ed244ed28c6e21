// Rows of programs that have nothing to do.

import { setTimeout as delay } from 'node:timers/promises';
import { addFinishedJobs } from '../history.mjs';
import { fsyncMs } from '../machine.mjs';
import { throughput } from '../measures.mjs';
import { chosen } from '../number.mjs';
import { fineCpuMs, residentMb } from '../processes.mjs';

const SETTLED_MS = 3_000;

export const idleRow = {
  name: 'idle',
  about: ({ idleSeconds, settleSeconds }) =>
    `CPU of a pair over ${idleSeconds} s, ${settleSeconds} s after its last job, in % of a core`,
  services: ['bench'],
  figures: [
    { key: 'both', label: 'both', unit: '%', better: 'lower', aim: 0.2 },
    { key: 'server', label: 'server', isPart: true, unit: '%', better: 'lower' },
    { key: 'executor', label: 'executor', isPart: true, unit: '%', better: 'lower' },
  ],
  notes: [
    "processor time of the live threads by the scheduler's clock",
    'some 40 s after its last job each of our programs collects its garbage once more, in 150 ms: not in it by default',
  ],
  phases: [
    {
      setUp: ({ options, signal }) => delay(options.settleSeconds * 1000, undefined, { signal }),
      measure: async ({ pair: { pids }, options, signal }) => {
        const read = () => ({
          server: fineCpuMs(pids.server),
          executor: fineCpuMs(pids.executor),
          at: performance.now(),
        });
        const from = read();
        await delay(options.idleSeconds * 1000, undefined, { signal });
        const to = read();
        const share = (name) => ((to[name] - from[name]) / (to.at - from.at)) * 100;
        return { server: share('server'), executor: share('executor'), both: share('server') + share('executor') };
      },
    },
  ],
};

export const startRow = {
  name: 'start',
  about: ({ finished }) =>
    `from the start until GET /health says 200, with ${chosen(finished)} finished jobs in the databases`,
  services: ['bench'],
  figures: [
    { key: 'server', label: 'server', unit: 's', better: 'lower' },
    { key: 'executor', label: 'executor', unit: 's', better: 'lower' },
    { key: 'emptyServer', label: 'server, next to none', unit: 's', better: 'lower' },
    { key: 'emptyExecutor', label: 'executor, next to none', unit: 's', better: 'lower' },
  ],
  notes: ['the finished jobs: as in history; not for other programs, whose tables are theirs'],
  phases: [
    {
      measure: async ({ pair }) => {
        const { serverMs, executorMs } = await startAgain(pair);
        return { emptyServer: serverMs / 1000, emptyExecutor: executorMs / 1000 };
      },
    },
    {
      oursOnly: true,
      setUp: async ({ pair, root, options }) => {
        await pair.stop();
        await addFinishedJobs(pair, root, options.finished);
      },
      measure: async ({ pair }) => {
        const { serverMs, executorMs } = await startAgain(pair);
        return { server: serverMs / 1000, executor: executorMs / 1000 };
      },
    },
  ],
};

export const restRow = {
  name: 'rest',
  about: ({ jobs, idleSeconds }) =>
    `memory without work: right after the start, and ${idleSeconds / 4} s after ${chosen(jobs)} jobs`,
  services: ['bench'],
  isCold: true,
  figures: [
    { key: 'freshServer', label: 'server, started', unit: 'MB', better: 'lower' },
    { key: 'freshExecutor', label: 'executor, started', unit: 'MB', better: 'lower' },
    { key: 'server', label: 'server, after jobs', unit: 'MB', better: 'lower' },
    { key: 'executor', label: 'executor, after jobs', unit: 'MB', better: 'lower' },
  ],
  phases: [
    {
      measure: async (bench) => {
        const { pair, signal } = bench;
        await startAgain(pair);
        await delay(SETTLED_MS, undefined, { signal });
        const fresh = { freshServer: residentMb(pair.pids.server), freshExecutor: residentMb(pair.pids.executor) };
        await throughput(bench);
        await delay(bench.options.idleSeconds * 250, undefined, { signal });
        return { ...fresh, server: residentMb(pair.pids.server), executor: residentMb(pair.pids.executor) };
      },
    },
  ],
};

export const fsyncRow = {
  name: 'fsync',
  about: () => 'what it costs to write 4 KiB and have it on the disk; median of 200',
  oursOnly: 'this is the disk, and no program',
  figures: [{ key: 'fsync', label: 'write and fsync', unit: 'ms', better: 'lower' }],
  phases: [{ measure: ({ home }) => ({ fsync: fsyncMs(home) }) }],
};

async function startAgain(pair) {
  await pair.stop();
  return pair.start();
}
