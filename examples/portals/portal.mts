// A portal in 60 lines: sends a directory as a job, waits for its end, fetches the results.
// node portal.mts http://localhost:5000 SERVICE DIRECTORY results.zip     (Node 24)
import { randomUUID } from 'node:crypto';
import { createWriteStream, openAsBlob, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';

interface State {
  readonly id: number;
  readonly status: string;
  readonly message: string;
}

const NO_RESULT = ['Failed', 'Invalid', 'Killed', 'Cleaned', 'Unknown'];
const LATER = [502, 503, 504, 507]; // busy, full, or being restarted

/** The answer. A server that is away or busy is asked again for five minutes: an update takes seconds. */
async function ask(url: string, options: RequestInit = {}): Promise<Response> {
  for (const deadline = Date.now() + 300_000; ; await delay(2_000)) {
    const answer = await fetch(url, options).catch((error: Error) => error);
    if (answer instanceof Response && answer.ok) return answer;
    if (answer instanceof Response && !LATER.includes(answer.status)) {
      throw new Error(`${answer.status}: ${await answer.text()}`);
    }
    if (Date.now() > deadline) throw answer instanceof Error ? answer : new Error(`${answer.status}`);
  }
}

async function submit(server: string, service: string, user: number, directory: string): Promise<number> {
  const form = new FormData();
  form.append('user_id', String(user));
  form.append('service', service);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    // Read from disk as it is sent, not before.
    if (entry.isFile()) form.append('file', await openAsBlob(join(directory, entry.name)), entry.name);
  }
  // With a key, a repeat after a lost answer makes no second job.
  const headers = { 'Idempotency-Key': randomUUID() };
  return ((await (await ask(`${server}/upload`, { method: 'POST', body: form, headers })).json()) as State).id;
}

/** Waits for the end and saves the results; returns the last state. One request a minute, answered at the end. */
async function fetchResults(server: string, job: number, target: string): Promise<State> {
  for (;;) {
    const answer = await ask(`${server}/download/${job}?wait=60`);
    if (answer.headers.get('content-type') === 'application/zip') {
      await pipeline(Readable.fromWeb(answer.body as ReadableStream), createWriteStream(`${target}.part`));
      renameSync(`${target}.part`, target);
      return { id: job, status: 'Completed', message: target };
    }
    const state = (await answer.json()) as State;
    if (NO_RESULT.includes(state.status)) return state;
  }
}

const [server = '', service = '', directory = '', target = ''] = process.argv.slice(2);
const job = await submit(server, service, 1, directory);
console.log(`job ${job}`);
const end = await fetchResults(server, job, target);
console.log(end.status, end.message);
process.exitCode = end.status === 'Completed' ? 0 : 1;
