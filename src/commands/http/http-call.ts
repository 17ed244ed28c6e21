import type { ClientRequest, IncomingMessage } from 'node:http';
import { buffersPassed } from '../../common/dead-buffers';
import { isUnreached, networkFault } from '../../common/http/fault-words';
import { messageOf } from '../../common/errors';
import type { EndpointUrl } from '../../config/endpoint-url';
import { CommandError, ServerUnreachableError } from '../command.errors';
import { addressOf } from './server-url';

/*
 * node:http in place of undici or fetch: a command lives for a fraction of a second, and loading those costs 55 and 30 ms
 * of it, this one 13.
 */

/** A body whose length is known before it is made. */
export interface StreamedBody {
  readonly contentType: string;
  readonly contentLength: number;
  bytes(): AsyncIterable<Buffer>;
}

/** One request to the server. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** Below the server's address, with its slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: StreamedBody;
  /** Neither side has sent anything for so long: given up. */
  readonly idleMs: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Media type in lower case, without parameters. */
  readonly contentType: string;
  /** `null` where the server doesn't say. */
  readonly contentLength: number | null;
  readonly location: string | null;
  readonly body: IncomingMessage;
  /** Ends the connection, whatever is still to come or to be sent. */
  close(): void;
}

const CONNECT_MS = 10_000;

/**
 * Sends a request; resolves with the head of its answer, which may come before the whole body was sent (the rest is not sent
 * then). Whatever the body's source throws is passed on.
 * @throws ServerUnreachableError
 */
export async function call(
  server: EndpointUrl,
  { method, path, headers, body, idleMs, signal }: Call,
): Promise<Answer> {
  const { request } = server.origin.startsWith('https:') ? await import('node:https') : await import('node:http');
  const prefix = server.path === '/' ? '' : server.path;
  const outgoing = request(`${server.origin}${prefix}${path}`, {
    method,
    // A connection of its own: a kept one may be closed by the peer at the very moment of its next use.
    agent: false,
    headers: {
      ...headers,
      ...(server.authorization !== null && { authorization: server.authorization }),
      ...(body && { 'content-type': body.contentType, 'content-length': body.contentLength }),
    },
    ...(signal && { signal }),
  });
  const answer = answerOf(outgoing, server, idleMs);
  if (body) {
    let isAnswered = false;
    outgoing.once('response', () => (isAnswered = true));
    const isOver = () => isAnswered || outgoing.destroyed;
    pump(body.bytes(), outgoing, isOver).catch((error: unknown) => outgoing.destroy(error as Error));
  } else {
    outgoing.end();
  }
  return answer;
}

/** A fault of TLS, with what to do about it. */
function tlsFault(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return 'it does not speak TLS there: is its address http:// in place of https://?';
  }
  return /CERT|SIGNATURE|ALTNAME/.test(code)
    ? `its certificate is not trusted (${messageOf(error)}): let NODE_EXTRA_CA_CERTS name a file with its CA`
    : undefined;
}

async function answerOf(outgoing: ClientRequest, server: EndpointUrl, idleMs: number): Promise<Answer> {
  let isConnected = false;
  const connecting = setTimeout(() => {
    outgoing.destroy(new Error(`no connection within ${CONNECT_MS / 1000} s`));
  }, CONNECT_MS);
  outgoing.setTimeout(idleMs, () => outgoing.destroy(new Error(`nothing came for ${idleMs / 1000} s`)));
  outgoing.once('socket', (socket) => {
    socket.once('connect', () => {
      isConnected = true;
      clearTimeout(connecting);
    });
  });
  try {
    const body = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      // Not once: a second error, of a socket that is being torn down, must not end the program.
      outgoing.on('error', reject);
    });
    const { 'content-type': type, 'content-length': length, location } = body.headers;
    return {
      status: body.statusCode ?? 0,
      contentType: (type?.split(';')[0] ?? '').trim().toLowerCase(),
      contentLength: length === undefined ? null : Number(length),
      location: location ?? null,
      body,
      close: () => {
        // A body that is cut on purpose says so.
        body.on('error', () => undefined);
        outgoing.destroy();
      },
    };
  } catch (error) {
    throw faultOf(error, server, !isConnected);
  } finally {
    clearTimeout(connecting);
  }
}

/** What a failure of the connection is called; errors that are already told, and an abort, stay what they are. */
export function faultOf(error: unknown, server: EndpointUrl, neverReached = false): unknown {
  if (error instanceof CommandError || (error instanceof Error && error.name === 'AbortError')) {
    return error;
  }
  return new ServerUnreachableError(
    addressOf(server),
    networkFault(error) ?? tlsFault(error) ?? messageOf(error),
    neverReached || isUnreached(error),
    error,
  );
}

/** Stops early when the answer is there before its time, or the connection is gone: the rest is of no interest then. */
async function pump(pieces: AsyncIterable<Buffer>, outgoing: ClientRequest, isOver: () => boolean): Promise<void> {
  for await (const piece of pieces) {
    buffersPassed(piece.length);
    if (isOver()) {
      return;
    }
    if (!outgoing.write(piece)) {
      await roomOrEnd(outgoing);
    }
  }
  if (!isOver()) {
    outgoing.end();
  }
}

async function roomOrEnd(outgoing: ClientRequest): Promise<void> {
  const events = ['drain', 'response', 'close'] as const;
  await new Promise<void>((resolve) => {
    const done = () => {
      events.forEach((event) => outgoing.off(event, done));
      resolve();
    };
    events.forEach((event) => outgoing.once(event, done));
  });
}
