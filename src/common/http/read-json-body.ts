import type { IncomingMessage } from 'node:http';
import { OrchestratorError } from '../errors';

/** A JSON body is too long or is not JSON. HTTP says 400. */
export class BadJsonError extends OrchestratorError {
  readonly code = 'bad-request';
  readonly retryable = false;
}

/** Reads a small JSON body. @throws BadJsonError */
export async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Without this option an early end destroys the request, and with it the connection that our answer needs.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new BadJsonError(`the body is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new BadJsonError('the body is not JSON', { cause: error });
  }
}
