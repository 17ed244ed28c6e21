// Figures that more than one row shows. A figure: `key` in what a measure returns, what people read, its unit, whether
// `higher` or `lower` is better, and the aim, where there is one. One that `isPart` says more of the one above it.
// One that `isAfter` is shown beside the value from before.

import { POLL_CONNECTIONS } from '../measures.mjs';

export const LATENCY = { key: 'latency', label: 'one job, upload to Completed', unit: 'ms', better: 'lower', aim: 60 };

export const JOBS = {
  key: 'jobs',
  label: 'tiny jobs, until all are Completed',
  unit: 'jobs/s',
  better: 'higher',
  aim: 180,
};

export const THROUGHPUT = [
  JOBS,
  { key: 'cpu', label: 'CPU a job, both sides', unit: 'ms', better: 'lower', aim: 9 },
  { key: 'cpuServer', label: 'of it the server', isPart: true, unit: 'ms', better: 'lower' },
  { key: 'cpuExecutor', label: 'of it the executor and the jobs', isPart: true, unit: 'ms', better: 'lower' },
  { key: 'uploads', label: 'uploads in that run', unit: '/s', better: 'higher', aim: 1000 },
  { key: 'uploadP99', label: 'their answers, p99', isPart: true, unit: 'ms', better: 'lower', aim: 50 },
];

export const POLLS = POLL_CONNECTIONS.flatMap((connections) => [
  {
    key: `polls${connections}`,
    label: `status polls, ${connections} connections`,
    unit: '/s',
    better: 'higher',
    ...(connections === 16 && { aim: 24_200 }),
  },
  {
    key: `pollP99${connections}`,
    label: 'their answers, p99',
    isPart: true,
    unit: 'ms',
    better: 'lower',
    ...(connections === 16 && { aim: 1.4 }),
  },
]);

/** Peaks above idle of both sides. */
export const PEAKS = [
  { key: 'serverPeak', label: 'memory of the server above idle', unit: 'MB', better: 'lower', aim: 60 },
  { key: 'executorPeak', label: 'memory of the executor above idle', unit: 'MB', better: 'lower', aim: 60 },
];

/** The same figures without their aims. */
export const without = (figures) => figures.map((figure) => ({ ...figure, aim: undefined }));
