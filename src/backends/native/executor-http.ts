import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Agent, type Dispatcher } from 'undici';
import { SERVER_CONFIG } from '../../config/config.module';
import type { ServerConfig } from '../../config/server-config';
import type { EndpointUrl } from '../../config/endpoint-url';
import { buffersPassed } from '../../common/dead-buffers';
import { OrchestratorError } from '../../common/errors';
import { LeanJson } from './lean-json';

/** One request to an executor. Times are milliseconds. */
export interface ExecutorRequest {
  readonly endpoint: EndpointUrl;
  /** Path below the endpoint's origin. */
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body; called again when a redirect has to be followed. */
  readonly body?: () => AsyncIterable<Buffer> | string;
  /** Until the head of the answer is there; 0: the caller's signal watches. */
  readonly answerMs: number;
  /** Between two pieces of the answer's body; 0: the caller watches. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** On a connection of its own: a kept one that the peer closes at the same moment loses a request without a trace. */
  readonly isFresh?: boolean;
}

export type ExecutorAnswer = Dispatcher.ResponseData;

/** The executor's address leads elsewhere in a way that can't be followed without changing the request. */
export class RedirectError extends OrchestratorError {
  readonly code = 'executor-redirects';
  readonly retryable = true;

  constructor(status: number, location: string) {
    super(`the executor answered ${status} and points to ${location}: configure that address`);
  }
}

const CONNECT_MS = 5_000;
const MAX_REDIRECTS = 3;
/** Connections to one executor; a push channel is one of them. */
const CONNECTIONS = 128;
/** Shorter than the 5 s after which our own executor closes an idle connection. */
const KEEP_ALIVE_MS = 3_000;

/** HTTP to executors: kept connections, time-outs, redirects that keep method and body. */
@Injectable()
export class ExecutorHttp implements OnModuleDestroy {
  private readonly kept = new Agent({
    connect: { timeout: CONNECT_MS },
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
  private readonly fresh = new Agent({ connect: { timeout: CONNECT_MS }, pipelining: 0 });

  private readonly token: string | null;

  constructor(@Inject(SERVER_CONFIG) config: ServerConfig) {
    this.token = config.executorToken === null ? null : `Bearer ${config.executorToken}`;
  }

  async request(request: ExecutorRequest): Promise<ExecutorAnswer> {
    let origin = request.endpoint.origin;
    let path = request.path;
    for (let hop = 0; ; hop++) {
      const answer = await this.send(request, origin, path);
      const location = answer.headers.location;
      if (answer.statusCode < 300 || answer.statusCode >= 400 || typeof location !== 'string') {
        return answer;
      }
      await discard(answer);
      const target = new URL(location, `${origin}${path}`);
      // 301 and 302 turn a POST into a GET in many clients: not followed but for GET, which they leave as it is.
      const keepsMethod = answer.statusCode === 307 || answer.statusCode === 308 || request.method === 'GET';
      if (!keepsMethod || hop >= MAX_REDIRECTS) {
        throw new RedirectError(answer.statusCode, `${target.origin}${target.pathname}`);
      }
      origin = target.origin;
      path = `${target.pathname}${target.search}`;
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.kept.destroy(), this.fresh.destroy()]);
  }

  private send(request: ExecutorRequest, origin: string, path: string): Promise<ExecutorAnswer> {
    const authorization = request.endpoint.authorization ?? this.token;
    // Credentials belong to the configured address, not to one that it points to.
    const isHome = origin === request.endpoint.origin;
    return (request.isFresh ? this.fresh : this.kept).request({
      origin,
      path,
      method: request.method,
      headers: { ...request.headers, ...(authorization !== null && isHome && { authorization }) },
      body: request.body?.() as Dispatcher.DispatchOptions['body'],
      headersTimeout: request.answerMs,
      bodyTimeout: request.idleMs,
      signal: request.signal,
    });
  }
}

/** Drops the rest of an answer; a long one by closing the connection. */
export async function discard(answer: ExecutorAnswer): Promise<void> {
  await answer.body.dump().catch(() => undefined);
}

/** What an answer may hold beside what is kept of it (see LeanJson): more is no Payload of anybody. */
const MAX_ANSWER_BYTES = 4 * 1024 ** 3;

/** Reads the body as JSON; `undefined` when more of it is to be kept than allowed, or it is not JSON. */
export async function readJson(answer: ExecutorAnswer, maxBytes: number): Promise<unknown> {
  const json = new LeanJson(maxBytes);
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    buffersPassed(chunk.length);
    if (!json.feed(chunk) || bytes > MAX_ANSWER_BYTES) {
      answer.body.destroy();
      return undefined;
    }
  }
  return json.value();
}

/** The media type of an answer, without parameters, in lower case; empty if it has none. */
export function contentTypeOf(answer: ExecutorAnswer): string {
  const value = answer.headers['content-type'];
  return typeof value === 'string' ? (value.split(';')[0] ?? '').trim().toLowerCase() : '';
}
