import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type {
  Backend,
  BackendRef,
  BackendReport,
  BackendState,
  FetchScope,
  JobSubmission,
} from '../../../src/backends/backend';
import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { ZipContents } from '../../support/zip';
import type { BackendUnderTest, OpenBackend } from './under-test';

/** The files of a job by name, or the commands of its run.sh alone. */
export type JobFiles = string | Readonly<Record<string, string | Buffer>>;

const DEFAULT_PATIENCE_MS = 20_000;
/** Of a call that is aborted, as the interface promises, and a bit for a busy machine. */
export const PROMPTLY_MS = 1_500;
const ENDED: readonly BackendState[] = ['completed', 'failed', 'invalid', 'killed', 'lost'];

/** The backend under test, and what tests do with it. */
export class Subject {
  /** Where jobs leave what the tests look at. */
  readonly shared: string;
  private readonly root = mkdtempSync(join(tmpdir(), 'backend-conformance-'));
  private readonly live = new Map<BackendRef, JobSubmission>();
  private count = 0;

  private constructor(
    readonly under: BackendUnderTest,
    private current: OpenBackend,
  ) {
    chmodSync(this.root, 0o755);
    this.shared = mkdtempSync(join(under.sharedDir ?? this.root, 'shared-'));
    chmodSync(this.shared, 0o777);
  }

  static async of(under: BackendUnderTest): Promise<Subject> {
    const subject = new Subject(under, await under.open());
    await subject.backend.ready(under.service, subject.signal);
    return subject;
  }

  get backend(): Backend {
    return this.current.backend;
  }

  get service(): string {
    return this.under.service;
  }

  get can() {
    return this.backend.capabilities(this.service);
  }

  get patienceMs(): number {
    return this.under.patienceMs ?? DEFAULT_PATIENCE_MS;
  }

  /** Never aborts. */
  get signal(): AbortSignal {
    return new AbortController().signal;
  }

  /** A new backend in place of this one, as after a restart of the server. */
  async restart(): Promise<void> {
    await this.current.close();
    this.current = await this.under.open();
    await this.backend.ready(this.service, this.signal);
  }

  /** A job that has not been handed over yet. */
  job(files: JobFiles, wishes: Partial<Pick<JobSubmission, 'walltimeMs' | 'key'>> = {}): JobSubmission {
    const id = ++this.count;
    const inputDir = join(this.root, `input-${id}`);
    mkdirSync(inputDir);
    for (const [name, content] of Object.entries(typeof files === 'string' ? { 'run.sh': script(files) } : files)) {
      writeFileSync(join(inputDir, name), content);
    }
    const { service } = this;
    return { id, key: randomUUID(), service, walltimeMs: null, cpus: null, memoryMiB: null, inputDir, ...wishes };
  }

  async submit(job: JobSubmission): Promise<BackendRef> {
    const ref = await this.backend.submit(job, this.signal);
    this.live.set(ref, job);
    return ref;
  }

  async started(files: JobFiles): Promise<{ job: JobSubmission; ref: BackendRef }> {
    const job = this.job(files);
    return { job, ref: await this.submit(job) };
  }

  async poll(ref: BackendRef): Promise<BackendReport> {
    const report = (await this.backend.poll([ref], this.signal)).get(ref);
    assert(report, `poll gave no answer for ${JSON.stringify(ref)}`);
    return report;
  }

  /** Waits for the job to be in a state, which is never left by itself for another than these. */
  async until(ref: BackendRef, ...states: BackendState[]): Promise<BackendReport> {
    const intervalMs = Math.min(this.backend.pollEveryMs(this.service), 250);
    let last: BackendReport | undefined;
    await eventually(
      async () => {
        last = await this.poll(ref);
        return states.includes(last.state) || ENDED.includes(last.state);
      },
      { timeoutMs: this.patienceMs, intervalMs, lastSeen: () => JSON.stringify(last) },
    );
    assert(last && states.includes(last.state), `expected ${states.join(' or ')}, but it is ${JSON.stringify(last)}`);
    return last;
  }

  async archive(ref: BackendRef, scope: FetchScope): Promise<ZipContents> {
    const file = join(this.root, `${randomUUID()}.zip`);
    await pipeline(await this.backend.fetch(ref, scope, this.signal), createWriteStream(file));
    return ZipContents.read(file);
  }

  /** Lines of a file in the shared directory; 0 while it isn't there. */
  lines(name: string): number {
    return this.has(name) ? readFileSync(this.path(name), 'utf8').split('\n').filter(Boolean).length : 0;
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  path(name: string): string {
    return join(this.shared, name);
  }

  /** Lets jobs go on that wait by {@link waitFor}. */
  say(name: string): void {
    writeFileSync(this.path(name), '');
  }

  /** Shell commands that wait until the test says the word. */
  waitFor(name: string): string {
    return `while [ ! -e '${this.path(name)}' ]; do sleep 0.05; done`;
  }

  /** Shell commands that add a line to a shared file. */
  note(name: string, text = 'x'): string {
    return `echo "${text}" >> '${this.path(name)}'`;
  }

  /** Waits for something that the system does in its own time. */
  async within<T>(probe: () => T | Promise<T>): Promise<void> {
    await eventually(probe, { timeoutMs: this.patienceMs });
  }

  /** Fails unless the file stays as it is. What doesn't happen can only be watched for a while. */
  async staysQuiet(name: string): Promise<void> {
    const before = this.lines(name);
    const until = Date.now() + 1_000;
    await eventually(() => Date.now() >= until, { intervalMs: 100 });
    assert.equal(this.lines(name), before, `something of the job still runs: ${name} grows`);
  }

  /** Ends what a failed test may have left running, and removes all. */
  async end(): Promise<void> {
    try {
      for (const [ref, job] of this.live) {
        await this.backend.terminate(job, ref, AbortSignal.timeout(60_000)).catch(() => undefined);
        await this.backend.release(ref, AbortSignal.timeout(60_000)).catch(() => undefined);
      }
      await this.current.close();
    } finally {
      await this.under.tearDown();
      rmSync(this.shared, { recursive: true, force: true });
      rmSync(this.root, { recursive: true, force: true });
    }
  }
}

/** Fails unless the call rejects with an error of this code. Codes are the same in every copy of the package. */
export async function rejectsWith(
  call: Promise<unknown>,
  ...codes: string[]
): Promise<Error & { retryable?: boolean }> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  assert('error' in outcome, `expected a rejection with ${codes.join(' or ')}, but it resolved`);
  const { error } = outcome;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'none';
  assert(
    codes.includes(code),
    `expected an error with code ${codes.join(' or ')}, but it is ${code}: ${String(error)}`,
  );
  return error as Error;
}

/** What a backend says that finds no jobs by key: never to be asked again. */
export async function cannotFind(it: Subject, job = it.job('true')): Promise<void> {
  for (const call of [it.backend.find(job, it.signal), it.backend.terminate(job, null, it.signal)]) {
    const error = await rejectsWith(call, 'backend-unclear');
    assert.equal(error.retryable, false, 'it cannot find jobs by key, and says that to ask again may help');
  }
}

/** Destroys a stream that nobody reads; whether it ends with an error makes no difference. */
export function drop(stream: Readable): void {
  stream.on('error', () => undefined).destroy();
}
