import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { smallZip } from './small-zip';

/** One submission, as it arrived. */
export interface FakeJob {
  readonly id: number;
  /** The form, raw. */
  readonly form: string;
  /** What `/retrieve` says of it; `Completed` gives the zip. */
  status: string;
}

/** Answers a request in place of the usual answer. `usual` gives that one all the same. */
export type Behaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  usual: () => Promise<void>,
) => void | Promise<void>;

interface Rule {
  readonly pattern: RegExp;
  readonly behaviour: Behaviour;
  left: number;
}

/**
 * An executor that speaks the contract of the Rust program's client over real HTTP and runs nothing: a submitted job is
 * `Completed` at once, or as `statusOf` says. It misbehaves as a test tells it to.
 */
export class FakeExecutor {
  readonly jobs: FakeJob[] = [];
  /** Request lines so far, as in `POST /submit`. */
  readonly seen: string[] = [];
  /** The state of a job that has just been taken. */
  firstStatus = 'Completed';
  /** Made for each `/retrieve` of a completed job. */
  zip: (job: FakeJob) => Buffer = (job) => smallZip({ 'run.sh': '#!/bin/bash\n', out: `job ${job.id}\n` });
  /** What each Payload says in `input`: the Rust program's client echoes there what it was sent. */
  echo: object = {};
  private rules: Rule[] = [];

  private constructor(private readonly server: Server) {}

  static async start(options: { keepAliveTimeoutMs?: number } = {}): Promise<FakeExecutor> {
    const server = createServer({
      keepAliveTimeout: options.keepAliveTimeoutMs ?? 5_000,
      keepAliveTimeoutBuffer: 0,
    } as object);
    const fake = new FakeExecutor(server);
    server.on('request', (request, response) => {
      fake.handle(request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return fake;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** The next `times` requests whose line matches are answered in this way. */
  behave(pattern: RegExp, behaviour: Behaviour, times = Infinity): void {
    this.rules.push({ pattern, behaviour, left: times });
  }

  /** Well behaved again. */
  heal(): void {
    this.rules = [];
  }

  /** How many of the submissions hold this text. */
  submissions(text: string): number {
    return this.jobs.filter((job) => job.form.includes(text)).length;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method ?? ''} ${request.url ?? ''}`;
    this.seen.push(line);
    const usual = () => this.answer(line, request, response);
    const rule = this.rules.find(({ pattern, left }) => left > 0 && pattern.test(line));
    if (!rule) return usual();
    rule.left--;
    await rule.behaviour(request, response, usual);
  }

  private async answer(line: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    if (line === 'POST /submit') {
      const job = { id: this.jobs.length + 1, form: body.toString('latin1'), status: this.firstStatus };
      this.jobs.push(job);
      sendJson(response, 200, { ...payloadOf(job), input: this.echo, status: 'Prepared' });
      return;
    }
    if (line === 'GET /health') {
      sendJson(response, 200, { status: 'ok' });
      return;
    }
    const [, action, id] = /^(GET \/retrieve|GET \/retrieve_partial|POST \/kill)\/(\d+)$/.exec(line) ?? [];
    const job = this.jobs.find((each) => each.id === Number(id));
    if (action === undefined || !job) {
      sendJson(response, 404, payloadOf({ id: 0, status: 'Unknown' }));
      return;
    }
    if (action === 'POST /kill') {
      job.status = 'Killed';
      response.end();
    } else if (job.status === 'Completed' || action === 'GET /retrieve_partial') {
      response.writeHead(200, { 'content-type': 'application/zip' }).end(this.zip(job));
    } else {
      sendJson(response, 200, { ...payloadOf(job), input: this.echo });
    }
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A front's error page. */
export function sendHtml(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' }).end('<html><h1>something else</h1></html>');
}

/** The six keys that every Payload has. */
export function payloadOf(job: Pick<FakeJob, 'id' | 'status'>) {
  return { id: job.id, input: {}, status: job.status, loc: '/fake', pid: 0, killed: false };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
