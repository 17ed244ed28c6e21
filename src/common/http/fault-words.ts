import { errnoOf } from '../errors';

const PLAIN_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection cut',
  EPIPE: 'connection cut',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found for now',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'network not reachable',
  ETIMEDOUT: 'timed out',
};

/** The peer was never reached, so it can't have accepted anything. */
const NEVER_REACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

/** What a fault of the network is, in words for a user; `undefined` for what is none. */
export function networkFault(error: unknown): string | undefined {
  return PLAIN_WORDS[errnoOf(error) ?? ''];
}

/** The error's code alone says that no connection was made. */
export function isUnreached(error: unknown): boolean {
  return NEVER_REACHED.has(errnoOf(error) ?? '');
}
