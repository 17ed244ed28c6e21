// What a web portal does with the server: send files, ask for the state, fetch the zip.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

const REQUEST_WITHIN_MS = 30_000;
const FINAL = new Set(['Completed', 'Failed', 'Invalid', 'Killed', 'Cleaned']);

export class Portal {
  /** @param signal ends every request when aborted */
  constructor(url, signal) {
    this.url = url;
    this.signal = signal;
  }

  /** Uploads `files`, `[{ name, content }]`, as a job. Returns the StatusBody of the answer. */
  async upload(service, userId, files) {
    const form = new FormData();
    form.append('user_id', String(userId));
    form.append('service', service);
    for (const { name, content } of files) form.append('file', new Blob([content]), name);
    const answer = await this.#request('POST', '/upload', form);
    if (answer.status !== 201) throw await unexpected('POST /upload', answer);
    return answer.json();
  }

  /** `{ status, message }`, and the archive as `zip` once the job is completed. */
  async state(id) {
    const answer = await this.#request('GET', `/download/${id}`);
    if (answer.status !== 200) throw await unexpected(`GET /download/${id}`, answer);
    if ((answer.headers.get('content-type') ?? '').startsWith('application/zip')) {
      return { status: 'Completed', message: '', zip: Buffer.from(await answer.arrayBuffer()) };
    }
    return answer.json();
  }

  /** Terminates every job that has not ended. For a server of our own only, whose ids are 1, 2, 3, ... */
  async terminateAll() {
    for (let id = 1; ; id++) {
      const answer = await this.#request('GET', `/jobs/${id}`);
      if (!answer.ok) return;
      if (FINAL.has((await answer.json()).status)) continue;
      await (await this.#request('POST', `/terminate/${id}`)).arrayBuffer();
    }
  }

  #request(method, path, body) {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(REQUEST_WITHIN_MS)]);
    return fetch(`${this.url}${path}`, { method, body, signal });
  }
}

/** Whether a job of this status will never change again, apart from its files being removed. */
export function isFinal(status) {
  return FINAL.has(status);
}

/** The files of a directory, without its read-me, as Portal.upload takes them. */
export function readJob(directory) {
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && entry.name !== 'README.md')
    .map((entry) => entry.name);
  // run.sh first: it is what a person wants to see first in a list.
  names.sort((a, b) => Number(b === 'run.sh') - Number(a === 'run.sh') || (a < b ? -1 : 1));
  return names.map((name) => ({ name, content: readFileSync(join(directory, name)) }));
}

/** The files of an archive: a Map from name to content. Made for small archives, it holds all of them in memory. */
export async function readZip(root, archive) {
  // Found only now, because the script starts before anything is installed.
  const yauzl = createRequire(join(root, 'package.json'))('yauzl');
  const zip = await new Promise((resolve, reject) => {
    yauzl.fromBuffer(archive, { lazyEntries: true }, (error, file) => (error ? reject(error) : resolve(file)));
  });
  const entries = await new Promise((resolve, reject) => {
    const found = [];
    zip.on('entry', (entry) => {
      found.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(found));
    zip.on('error', reject);
    zip.readEntry();
  });
  const files = new Map();
  for (const entry of entries.filter(({ fileName }) => !fileName.endsWith('/'))) {
    const stream = await new Promise((resolve, reject) => {
      zip.openReadStream(entry, (error, content) => (error ? reject(error) : resolve(content)));
    });
    files.set(entry.fileName, await buffer(stream));
  }
  return files;
}

async function unexpected(request, answer) {
  return new Error(`${request} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
}
