// Rows of programs that have nothing to do.

import { setTimeout as delay } from 'node:timers/promises';
import { fineCpuMs } from '../processes.mjs';

const SETTLED_MS = 3_000;

export const idleRow = {
  name: 'idle',
  about: ({ idleSeconds }) => `CPU of a pair without work over ${idleSeconds} s, in % of a core`,
  services: ['bench'],
  figures: [
    { key: 'both', label: 'both', unit: '%', better: 'lower', aim: 0.2 },
    { key: 'server', label: 'server', unit: '%', better: 'lower' },
    { key: 'executor', label: 'executor', unit: '%', better: 'lower' },
  ],
  notes: ["processor time of the live threads by the scheduler's clock"],
  phases: [
    {
      setUp: ({ signal }) => delay(SETTLED_MS, undefined, { signal }),
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
