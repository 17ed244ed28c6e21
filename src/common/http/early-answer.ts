import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How much of a request nobody wants is read all the same, and how long. */
export interface DrainLimits {
  /** Default 1 GiB. */
  readonly maxDrainBytes?: number;
  /** Default 30,000 ms. */
  readonly maxDrainMs?: number;
}

const DEFAULT_DRAIN_BYTES = 1024 ** 3;
const DEFAULT_DRAIN_MS = 30_000;

/**
 * Answers a request, possibly before the end of its body, so that a client which reads only after it has sent everything
 * gets the answer as well. Resolves once the answer was given and the rest of the body read, or the connection is closed.
 *
 * The answer is written at once, and the rest of the body read and dropped, within the limits; only then the connection
 * is closed. Node closes it as soon as a `Connection: close` answer is finished, and a socket closed with unread input
 * makes the kernel send RST, upon which the client's kernel throws away the answer.
 * A request that has come to its end is answered plainly, and its connection kept.
 */
export async function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: Buffer | string,
  limits: DrainLimits = {},
): Promise<void> {
  const head = { ...headers, 'Content-Length': Buffer.byteLength(body) };
  if (request.complete) {
    request.resume(); // what has not been read yet is in memory
    await end(response.writeHead(status, head), body);
    return;
  }
  response.writeHead(status, { ...head, Connection: 'close' });
  response.flushHeaders();
  response.write(body);
  if (await drain(request, limits)) {
    await end(response);
  } else {
    response.destroy();
  }
}

async function end(response: ServerResponse, body?: Buffer | string): Promise<void> {
  if (response.destroyed) {
    return; // the peer went away, and so did the events to wait for
  }
  await new Promise<void>((resolve) => {
    response.once('close', resolve).once('finish', resolve);
    response.end(body);
  });
}

/** Whether the request came to its end within the limits. It is paused if not. */
async function drain(request: IncomingMessage, limits: DrainLimits): Promise<boolean> {
  const { maxDrainBytes = DEFAULT_DRAIN_BYTES, maxDrainMs = DEFAULT_DRAIN_MS } = limits;
  return new Promise<boolean>((resolve) => {
    let bytes = 0;
    const settle = (isWhole: boolean): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone).pause();
      resolve(isWhole);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxDrainBytes) {
        settle(false);
      }
    };
    const onEnd = (): void => settle(true);
    const onGone = (): void => settle(false);
    const timer = setTimeout(() => settle(false), maxDrainMs);
    request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone).resume();
    if (request.destroyed) {
      onGone();
    }
  });
}
