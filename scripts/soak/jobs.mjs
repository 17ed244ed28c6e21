// The jobs: what they do, how they are sent, and what a portal sees of them.

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isFinal, readZip } from '../lib/portal.mjs';
import { SERVICES } from './world.mjs';

const USERS = 12;
const REQUEST_MS = 10_000;
const LOOK_EVERY_MS = 500;
/** How a job's script ends, with weights. */
const KINDS = new Map([
  ['completes', 7],
  ['fails', 2],
  ['dies', 1],
]);

/** Makes up `count` jobs. Each logs its start and its end itself: the ground truth for how often it ran, and when. */
export function makeJobs(count, random, log) {
  return Array.from({ length: count }, (_, index) => {
    const kind = random.weighted(KINDS);
    const seconds = random.between(1, 15) / 10;
    const name = `job-${index}`;
    const input = String(random.next()).repeat(random.between(1, 2_000));
    const end = { completes: 'exit 0', fails: 'exit 3', dies: 'log end; kill -KILL $$' }[kind];
    const script = `#!/bin/bash
log() { echo "$1 ${name} $(date +%s%N)" >> ${log}; }
trap 'log end' EXIT
log start
echo ${name} > out
head -c ${random.between(1, 400_000)} /dev/urandom > data
sha256sum < data > sum
sleep ${seconds}
cat input >> out
${end}
`;
    const service = random.weighted(new Map(Object.keys(SERVICES).map((each) => [each, 1])));
    return { name, kind, service, user: random.between(1, USERS), input, script, id: null, seen: [], details: null };
  });
}

/**
 * Sends a job until it is accepted: the key makes sure that an answer that was lost costs no second job.
 * @throws Error when it is refused for good
 */
export async function send(world, job, signal) {
  for (;;) {
    const form = new FormData();
    form.append('user_id', String(job.user));
    form.append('service', job.service);
    form.append('file', new Blob([job.script]), 'run.sh');
    form.append('file', new Blob([job.input]), 'input');
    try {
      const answer = await ask(world, '/upload', signal, {
        method: 'POST',
        headers: { 'idempotency-key': `${job.name}-of-the-soak` },
        body: form,
      });
      const body = await answer.json();
      if (answer.status === 201) {
        job.id = body.id;
        return;
      }
      if (answer.status < 500) throw new Error(`${job.name} was refused: ${answer.status} ${body.message}`);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
    }
    await delay(200, undefined, { signal });
  }
}

/** Follows all jobs until `isOver()`, noting each change of state that it sees. */
export async function watch(world, jobs, signal, isOver) {
  while (!isOver()) {
    for (const job of jobs.filter(({ id, details }) => id !== null && !(details && isFinal(details.status)))) {
      await look(world, job, signal);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Asks for one job once. A server that doesn't answer now is no news. */
export async function look(world, job, signal) {
  try {
    const answer = await ask(world, `/jobs/${job.id}`, signal);
    const details = await answer.json();
    if (answer.status === 404) job.seen.push('forgotten');
    if (answer.status !== 200) return false;
    if (job.seen.at(-1) !== details.status) job.seen.push(details.status);
    job.details = details;
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!isPassing(error)) throw error;
    return false;
  }
}

/** What is wrong with the results of a completed job; nothing when all is well. */
export async function checkResults(world, root, job, signal) {
  const answer = await ask(world, `/download/${job.id}`, signal);
  if (!(answer.headers.get('content-type') ?? '').startsWith('application/zip')) {
    return [`${job.name} is Completed, but its download is ${answer.status} ${(await answer.text()).slice(0, 200)}`];
  }
  const files = await readZip(root, Buffer.from(await answer.arrayBuffer()));
  const text = (name) => files.get(name)?.toString() ?? `(no ${name})`;
  const sum = createHash('sha256')
    .update(files.get('data') ?? '')
    .digest('hex');
  const faults = [];
  if (text('out') !== `${job.name}\n${job.input}`) faults.push(`${job.name}: its output is not what it wrote`);
  if (!text('sum').startsWith(sum)) faults.push(`${job.name}: its data is damaged`);
  return faults;
}

function ask(world, path, signal, init = {}) {
  return fetch(world.url + path, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]) });
}

/** fetch says "fetch failed" or "terminated" when the connection is refused or breaks, and TimeoutError after the time. */
function isPassing(error) {
  return error instanceof TypeError || error.name === 'TimeoutError' || error instanceof SyntaxError;
}
