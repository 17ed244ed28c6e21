// npm run soak: hundreds of jobs of many users under random kills of server and executor and random cuts of the line
// between them; then it is checked from the outside that every promise was kept.
// npm run soak -- --seconds 180 --jobs 300 --seed 7: how long faults come, how many jobs, and which faults come when.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { isFinal } from './lib/portal.mjs';
import { bold, dim, duration, green, red, say } from './lib/terminal.mjs';
import { Chaos } from './soak/chaos.mjs';
import { checkResults, look, makeJobs, send, watch } from './soak/jobs.mjs';
import { Random } from './soak/random.mjs';
import { judgeEnds, judgeQuotas, judgeRuns, leftovers, mostAtOnce, readRuns } from './soak/verdict.mjs';
import { SERVICES, World } from './soak/world.mjs';

const USAGE = `npm run soak -- [--seconds N] [--jobs N] [--seed N]
  --seconds  how long faults come (180)
  --jobs     how many jobs (300)
  --seed     which faults come when (random; printed)`;
/** The last fault is over: everything has to be settled by then, waits between tries (15 s) included. */
const SETTLED_WITHIN_MS = 120_000;
/** What is left is gone by then. */
const TIDY_WITHIN_MS = 45_000;
const SENDERS = 4;
const SHOWN_FAULTS = 20;

const root = fileURLToPath(new URL('..', import.meta.url));
const interrupt = new AbortController();

async function soak({ seconds, jobs: count, seed }) {
  const { signal } = interrupt;
  say(`\n${bold('job-orchestrator soak')}  ${dim(`Node ${process.versions.node}`)}`);
  say(`seed ${seed}: ${count} jobs, ${seconds} s of faults\n`);
  const cli = process.env.ORCHESTRATOR_CLI ?? join(root, 'dist', 'cli.js');
  if (!process.env.ORCHESTRATOR_CLI) await ensureBuilt(root, signal);
  const directory = mkdtempSync(join(tmpdir(), 'job-orchestrator-soak-'));
  const world = await World.create({ directory, cli, signal });
  let faults;
  try {
    await world.start();
    faults = await run(world, { seconds, count, seed, signal });
  } finally {
    const endings = await world.stop();
    world.killJobs();
    faults?.push(...endings, ...world.crashes);
  }
  if (faults.length === 0) {
    rmSync(directory, { recursive: true });
    say(green('\nEvery promise was kept.'));
    return 0;
  }
  say(red(`\n${faults.length} broken promises:`));
  faults.slice(0, SHOWN_FAULTS).forEach((fault) => say(`  ${fault}`));
  say(`\nlogs and databases: ${directory}; again: npm run soak -- --seconds ${seconds} --jobs ${count} --seed ${seed}`);
  return 1;
}

/** Sends the jobs under faults, waits for their ends, and judges. Returns what was wrong. */
async function run(world, { seconds, count, seed, signal }) {
  const jobs = makeJobs(count, new Random(seed), world.log);
  // Its own numbers: how fast jobs are sent must not change which faults come.
  const chaos = new Chaos(world, new Random(seed + 1), signal);
  let isOver = false;
  const watching = watch(world, jobs, signal, () => isOver);
  watching.catch(() => undefined);
  await Promise.all([chaos.run(seconds), sendAll(world, jobs, seconds, signal)]);

  const healedAt = performance.now();
  const settled = () => jobs.every(({ details }) => details && isFinal(details.status));
  const isHopeless = () => world.crashes.length > 0 || performance.now() - healedAt > SETTLED_WITHIN_MS;
  while (!settled() && !isHopeless()) await delay(100, undefined, { signal });
  const settledMs = performance.now() - healedAt;
  isOver = true;
  await watching;

  const faults = settled() ? [] : judgeEnds(jobs);
  if (settled() && world.crashes.length === 0) faults.push(...(await judge(world, jobs, chaos, signal)));
  report(world, jobs, chaos, settledMs);
  return faults;
}

/** Sends them evenly over the time of faults, the last ones a little before its end. */
async function sendAll(world, jobs, seconds, signal) {
  const beganAt = performance.now();
  const waiting = jobs.entries();
  const sender = async () => {
    for (const [index, job] of waiting) {
      const dueMs = (index / jobs.length) * seconds * 900 - (performance.now() - beganAt);
      await delay(Math.max(0, dueMs), undefined, { signal });
      await send(world, job, signal);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

async function judge(world, jobs, chaos, signal) {
  const runs = readRuns(world.log);
  const faults = [];
  // A last start of both, after which every end must be the same.
  await world.startTidying();
  for (const job of jobs) {
    if (!(await look(world, job, signal))) faults.push(`${job.name} can't be asked for after the last start`);
    if (job.details.status === 'Completed') faults.push(...(await checkResults(world, root, job, signal)));
  }
  const deadline = performance.now() + TIDY_WITHIN_MS;
  while (leftovers(world, jobs).length > 0 && performance.now() < deadline) await delay(200, undefined, { signal });
  faults.push(...leftovers(world, jobs));
  const ids = new Set(jobs.map(({ id }) => id));
  if (ids.size !== jobs.length) faults.push(`${jobs.length} uploads were given ${ids.size} ids`);
  faults.push(
    ...judgeEnds(jobs),
    ...judgeRuns(jobs, runs, chaos.massacres),
    ...judgeQuotas(jobs, runs, chaos.massacres),
  );
  return faults;
}

function report(world, jobs, chaos, settledMs) {
  const runs = readRuns(world.log);
  const rows = [['faults', '']];
  for (const [fault, count] of chaos.counts) rows.push([`  ${fault}`, count]);
  rows.push(['jobs', jobs.length]);
  const ends = Map.groupBy
    ? Map.groupBy(jobs, endOf)
    : jobs.reduce((map, job) => map.set(endOf(job), [...(map.get(endOf(job)) ?? []), job]), new Map());
  for (const [end, of] of [...ends].sort()) rows.push([`  ${end}`, of.length]);
  rows.push(['runs, by the log of the jobs', [...runs.values()].flat().length]);
  const most = mostAtOnce(jobs, runs, chaos.massacres, ({ service }) => service);
  for (const [service, { maxRuns }] of Object.entries(SERVICES)) {
    rows.push([`  ${service} at once (${maxRuns} may)`, most.get(service) ?? 0]);
  }
  rows.push(['all settled after the last fault', duration(settledMs)]);
  for (const [label, value] of rows) say(`  ${label.padEnd(48)} ${String(value).padStart(8)}`);
}

function endOf({ kind, details }) {
  return `script ${kind}: ${details?.status ?? 'not accepted'}`;
}

const whole = (text, name) => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name}: a whole number is needed, not ${JSON.stringify(text)}`);
  return Number(text);
};

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '180' },
      jobs: { type: 'string', default: '300' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const [seconds, jobs, seed] = ['seconds', 'jobs', 'seed'].map((name) => whole(values[name], name));
  return soak({ seconds, jobs, seed });
}

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupt.abort(new Error(`ended by ${name}`)));
process.exitCode = await main().catch((error) => {
  say(red(error.stack ?? String(error)));
  return 2;
});
