import { messageOf } from '../../common/errors';
import type { EndpointUrl } from '../../config/endpoint-url';
import { isStatus } from '../../wire/status';
import type { StatusBody } from '../../wire/status-body';
import { BadAnswerError, type CommandError, RefusedError } from '../command.errors';
import { type Answer, faultOf } from './http-call';
import { addressOf } from './server-url';

const MAX_JSON_BYTES = 4 * 1024 * 1024;

/** The body as JSON, and the end of its connection; `undefined` when it isn't JSON, or longer than any that is expected. @throws ServerUnreachableError */
export async function readJson(answer: Answer, server: EndpointUrl): Promise<unknown> {
  if (answer.contentType !== 'application/json') {
    answer.close();
    return undefined;
  }
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of answer.body as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > MAX_JSON_BYTES) {
        return undefined;
      }
    }
  } catch (error) {
    throw faultOf(error, server);
  } finally {
    // An answer that came early leaves the rest of the request unsent, and a server that waits for it.
    answer.close();
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads a StatusBody of any release of either program; `null` when the value is none. */
export function readStatusBody(value: unknown): StatusBody | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { id, status, message } = value as Record<string, unknown>;
  return Number.isSafeInteger(id) && isStatus(status)
    ? { id: id as number, status, message: typeof message === 'string' ? message : '' }
    : null;
}

/** What an answer means that is none of those the command hoped for. */
export function unexpected(answer: Answer, body: unknown, server: EndpointUrl): CommandError {
  const { status, location, contentType } = answer;
  const said = readStatusBody(body)?.message;
  if (location !== null && status >= 300 && status < 400) {
    return new BadAnswerError(
      `${addressOf(server)} answered ${status} and points to ${originOf(location, server)}: use that address with --server`,
      false,
    );
  }
  if (status === 401 || status === 403) {
    return new RefusedError(
      `${addressOf(server)} answered ${status}${said === undefined ? '' : `: ${said}`}. If a proxy asks for a password: --server http://user:password@host`,
    );
  }
  if (said !== undefined && status >= 400) {
    return status < 500
      ? new RefusedError(`the server refused: ${said}`)
      : new BadAnswerError(`the server answered ${status}: ${said}`, true);
  }
  const what = `${addressOf(server)} answered ${status}${contentType === '' ? '' : ` ${contentType}`}`;
  return status >= 500
    ? new BadAnswerError(`${what}: is the server behind it running?`, true)
    : new BadAnswerError(`${what}, which is not what a job-orchestrator server says: is the address right?`, false);
}

/** Where a redirect leads, without what could be a secret. */
function originOf(location: string, server: EndpointUrl): string {
  try {
    const { origin, pathname } = new URL(location, server.origin);
    return `${origin}${pathname}`;
  } catch (error) {
    return messageOf(error);
  }
}
