// Measures that more than one row takes. Each returns figures by their key.

import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs } from './processes.mjs';
import { SLEEPING, TINY } from './scripts.mjs';
import { median } from './stats.mjs';

/** Nothing takes longer than this and still counts. */
export const WITHIN_MS = 30 * 60_000;
const SETTLED_MS = 300;
const HELD_JOBS = 20;
const HELD_RUNNING = 2;
export const POLL_CONNECTIONS = [16, 256];

/** Jobs and polls before anything is measured: a server that has just started is slower than one that serves. */
export async function warmUp({ pair, load, options }, service) {
  if (options.warmUp === 0) return;
  await load.run('sendJobs', { ...tinyJobs(pair, options), service, jobs: options.warmUp });
  await delay(SETTLED_MS);
}

/** One job after the other on an idle pair. */
export async function latency({ pair, load, options }, service = 'bench') {
  const { values } = await load.run('oneByOne', {
    port: pair.port,
    service,
    jobs: options.latencyJobs,
    script: TINY,
    withinMs: WITHIN_MS,
  });
  return { latency: median(values) };
}

/** Tiny jobs of many users, with the processor time of both sides, jobs and polls included. */
export async function throughput({ pair, load, options }, service = 'bench', jobs = options.jobs) {
  const { server, executor } = pair.pids;
  const before = { server: cpuMs(server), executor: cpuMs(executor) };
  const { allMs, uploadMs, p99Ms } = await load.run('sendJobs', { ...tinyJobs(pair, options), service, jobs });
  await delay(SETTLED_MS);
  const used = { server: cpuMs(server) - before.server, executor: cpuMs(executor) - before.executor };
  return {
    jobs: (jobs / allMs) * 1000,
    cpu: (used.server + used.executor) / jobs,
    cpuServer: used.server / jobs,
    cpuExecutor: used.executor / jobs,
    uploads: (jobs / uploadMs) * 1000,
    uploadP99: p99Ms,
  };
}

/** Jobs that portals can ask for while they run and wait: two run, the others are queued. */
export async function holdJobs({ pair, load }) {
  const held = { port: pair.port, service: 'hold', users: 1, connections: 1, script: SLEEPING, withinMs: WITHIN_MS };
  const running = await load.run('sendJobs', { ...held, jobs: HELD_RUNNING, wanted: 'Running' });
  const queued = await load.run('sendJobs', { ...held, jobs: HELD_JOBS - HELD_RUNNING });
  return [...running.ids, ...queued.ids];
}

/** Status polls at each number of connections. @param ids the jobs that are asked for */
export async function polls({ pair, load, options, notes }, ids) {
  const figures = {};
  for (const connections of POLL_CONNECTIONS) {
    const task = { port: pair.port, ids, connections, ms: options.pollMs };
    const { perSecond, p99Ms, loadShare } = await load.run('poll', task);
    figures[`polls${connections}`] = perSecond;
    figures[`pollP99${connections}`] = p99Ms;
    if (loadShare > 0.97) notes.add(`at ${connections} connections, the load generator itself was the limit`);
  }
  return figures;
}

export function tinyJobs(pair, options) {
  const { users, jobs, connections } = options;
  return { port: pair.port, users, jobs, connections, script: TINY, wanted: 'Completed', withinMs: WITHIN_MS };
}
