import type { IncomingMessage } from 'node:http';
import { errnoOf } from '../errors';

const RESETS = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_UNABLE_TO_PIPE']);

/** Whoever asked has gone away in the middle of the answer: nobody's fault, and nobody left to tell. */
export function isReset(error: unknown, request: IncomingMessage): boolean {
  return RESETS.has(errnoOf(error) ?? '') && request.socket.destroyed;
}
