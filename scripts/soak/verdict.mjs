// What is asserted from the outside, once all is over: the promises, each as a list of what broke it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isFinal } from '../lib/portal.mjs';
import { SERVICES } from './world.mjs';

/** Between what the run log says and the moment at which all processes were killed. */
const SLACK_MS = 2_000;

/** The run log: a Map from a job's name to its runs, `[{ start, end }]` in milliseconds; `end` may be missing. */
export function readRuns(log) {
  const runs = new Map();
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  for (const [, event, name, time] of text.matchAll(/^(start|end) (\S+) (\d+)$/gm)) {
    const of = runs.get(name) ?? [];
    const at = Number(time) / 1e6;
    if (event === 'start') of.push({ start: at });
    else if (of.length > 0) of.at(-1).end = at;
    runs.set(name, of);
  }
  return runs;
}

/** Each job reached one final state and stayed there. */
export function judgeEnds(jobs) {
  return jobs.flatMap(({ name, id, seen, details }) => {
    const ends = seen.filter(isFinal);
    const said = `${name} (${id}): ${seen.join(' → ')} ${details?.message ?? ''}`;
    if (!details || !isFinal(details.status)) return [`${said}: not ended`];
    if (ends.length !== 1 || seen.includes('forgotten')) return [`${said}: more than one end`];
    return [];
  });
}

/** Each started at most once, and ended as its script did, unless its processes were killed. */
export function judgeRuns(jobs, runs, massacres) {
  return jobs.flatMap(({ name, kind, details }) => {
    const own = runs.get(name) ?? [];
    const said = `${name} (${details.id}, ${kind}) is ${details.status}, "${details.message}"`;
    if (own.length > 1) return [`${said}: it ran ${own.length} times`];
    const isLost = details.exit_code === null && details.signal !== 'SIGKILL';
    switch (details.status) {
      case 'Completed':
        return kind === 'completes' && own.length === 1 && own[0].end ? [] : [`${said}: it ran ${own.length} times`];
      case 'Failed':
        if (kind === 'fails' && details.exit_code === 3 && own.length === 1) return [];
        if (kind === 'dies' && details.signal === 'SIGKILL' && own.length === 1) return [];
        if (!wasKilled(own[0], massacres)) return [`${said}: nobody had killed it`];
        return details.message !== '' || !isLost ? [] : [`${said}: no reason`];
      default:
        return [`${said}: not an end that it can have`];
    }
  });
}

/** All processes were killed while it ran; or, if it has no run, at any time: its script may not have come to log. */
function wasKilled(run, massacres) {
  const start = run?.start ?? -Infinity;
  const end = run?.end ?? Infinity;
  return massacres.some(([before, after]) => after >= start - SLACK_MS && before <= end + SLACK_MS);
}

/** How many of each group ran at once at most: a Map from group to number. */
export function mostAtOnce(jobs, runs, massacres, groupOf) {
  const steps = new Map();
  for (const job of jobs) {
    for (const { start, end } of runs.get(job.name) ?? []) {
      const of = steps.get(groupOf(job)) ?? [];
      // Without an end of its own it was ended by the next massacre.
      const over = end ?? massacres.find(([, after]) => after >= start)?.[0] ?? Infinity;
      of.push({ at: start, by: 1 }, { at: Math.max(start, over), by: -1 });
      steps.set(groupOf(job), of);
    }
  }
  return new Map(
    [...steps].map(([group, of]) => {
      of.sort((a, b) => a.at - b.at || a.by - b.by);
      let now = 0;
      return [group, of.reduce((most, { by }) => Math.max(most, (now += by)), 0)];
    }),
  );
}

/** No quota was exceeded, by the log of the jobs themselves. */
export function judgeQuotas(jobs, runs, massacres) {
  const inAll = mostAtOnce(jobs, runs, massacres, ({ service }) => service);
  const perUser = mostAtOnce(jobs, runs, massacres, ({ service, user }) => `${service} ${user}`);
  return [
    ...[...inAll]
      .filter(([service, most]) => most > SERVICES[service].maxRuns)
      .map(([service, most]) => `${service}: ${most} ran at once, ${SERVICES[service].maxRuns} may`),
    ...[...perUser]
      .filter(([group, most]) => most > SERVICES[group.split(' ')[0]].runsPerUser)
      .map(([group, most]) => `${group}: ${most} of one user ran at once`),
  ];
}

/** What is still there that should be gone; to be asked again until nothing is. */
export function leftovers(world, jobs) {
  const of = (directory) => (existsSync(directory) ? readdirSync(directory) : []);
  const server = of(world.serverData);
  return [
    ...world.jobProcesses().map((pid) => `process ${pid} of a job lives`),
    ...of(world.executorData).map((name) => `the executor still has ${name}`),
    ...server.filter((name) => name.includes('.part')).map((name) => `the server still has ${name}`),
    ...(server.length === jobs.length ? [] : [`the server has ${server.length} directories for ${jobs.length} jobs`]),
  ];
}
