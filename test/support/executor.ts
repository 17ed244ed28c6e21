import type { Payload } from '../../src/wire/payload';
import { STATUSES } from '../../src/wire/status';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';
import { fileParts, HttpAnswer, multipart, request, type FileMap, type Part, type RequestOptions } from './http';
import { Program } from './program';
import { script } from './script';
import { ZipContents } from './zip';

/** Fails unless the answer is this status with all six keys that the other server insists on. */
export function expectPayload(answer: HttpAnswer, status: number, wanted: Partial<Payload> = {}): Payload {
  expect({ status: answer.status, body: answer.text }).toMatchObject({ status });
  expect(answer.contentType).toMatch(/^application\/json/);
  const payload = answer.json<Payload>();
  const { id, input, loc, pid, killed } = payload;
  expect({ input, types: [typeof id, typeof loc, typeof pid, typeof killed] }).toEqual({
    input: {},
    types: ['number', 'string', 'number', 'boolean'],
  });
  expect(STATUSES).toContain(payload.status);
  expect(payload).toMatchObject(wanted);
  return payload;
}

/** A client of its own, used as a server would use it. */
export class Executor {
  private constructor(
    readonly home: string,
    readonly program: Program,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Executor> {
    const home = mkdtempSync(join(tmpdir(), 'orchestrator-client-'));
    const own = { DB_PATH: join(home, 'db.sqlite'), DATA_PATH: join(home, 'data') };
    return new Executor(home, await Program.start('client', { ...own, ...env }));
  }

  async stop(): Promise<void> {
    expect(await this.program.stop()).toBe(0);
    rmSync(this.home, { recursive: true, force: true });
  }

  get(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return request(this.program.url + path, options);
  }

  post(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.get(path, { method: 'POST', ...options });
  }

  submitParts(parts: Part[], headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const form = multipart(parts);
    return this.post('/submit', { headers: { ...form.headers, ...headers }, body: form.body });
  }

  submit(files: FileMap, headers?: Record<string, string>): Promise<HttpAnswer> {
    return this.submitParts(fileParts(files), headers);
  }

  /** Submits a run.sh of these commands; the payload's id. */
  async submitted(commands: string): Promise<number> {
    return expectPayload(await this.submit({ 'run.sh': script(commands) }), 200).id;
  }

  /** Waits for the results as the other server does: by the type of the answer. */
  async fetched(id: number): Promise<ZipContents> {
    const answer = await eventually(async () => {
      const latest = await this.get(`/retrieve/${id}`);
      return latest.isZip && latest;
    });
    return ZipContents.read(answer.body);
  }

  async reaches(id: number, status: string): Promise<Payload> {
    return eventually(async () => {
      const payload = expectPayload(await this.get(`/retrieve/${id}`), 200, { id });
      return payload.status === status && payload;
    });
  }
}
