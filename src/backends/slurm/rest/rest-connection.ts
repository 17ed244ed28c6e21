import { Agent, request } from 'undici';
import { errnoOf, messageOf } from '../../../common/errors';
import { BackendUnavailableError } from '../../backend.errors';
import { AUTHENTICATION_NUMBERS } from '../slurm-errno';
import { kindOfNumber } from '../slurm-errors';
import type { RestSettings } from '../slurm.config';
import { readErrors } from './rest-answers';
import { TokenFile } from './token-file';

const CONNECT_MS = 5_000;
/** 20,000 jobs in a list. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;
/** Faults of a connection that was never made: nothing has arrived. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Whatever slurmrestd answered, whole. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request, by its path below the address of slurmrestd. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Asks slurmrestd over HTTP, with the token that its file holds now. */
export class RestConnection {
  private readonly agent = new Agent({ connect: { timeout: CONNECT_MS }, connections: 16 });
  private readonly token: TokenFile;

  constructor(private readonly settings: RestSettings) {
    this.token = new TokenFile(settings.tokenFile);
  }

  /** Of a request that changes nothing, or may be repeated: whatever goes wrong, the answer is not to be had now. */
  async ask(call: Call): Promise<Answer> {
    try {
      return await this.send(call);
    } catch (error) {
      throw error instanceof BackendUnavailableError
        ? error
        : new BackendUnavailableError(`slurmrestd: ${textOf(error)}`, { cause: error });
    }
  }

  /**
   * Sends; once more with the file's new token if the old one is refused. A request that may not be repeated is sent again
   * only if it was surely the token: other answers that may mean it are also given of a request that was carried out.
   * @throws BackendUnavailableError when nothing has arrived there; any other error: it may have
   */
  async send(call: Call): Promise<Answer> {
    const token = await this.token.read();
    const answer = await this.sendWith(token, call);
    const isRefused = call.method === 'POST' ? isRefusedToken(answer) : mayBeRefusedToken(answer);
    if (!isRefused) {
      return answer;
    }
    const renewed = await this.token.read(token);
    return renewed === token ? answer : this.sendWith(renewed, call);
  }

  private async sendWith(token: string, { method, path, body, timeoutMs, signal }: Call): Promise<Answer> {
    const { url, user } = this.settings;
    const base = url.path.replace(/\?.*$/, '').replace(/\/+$/, '');
    try {
      const answer = await request(url.origin + base + path, {
        method,
        dispatcher: this.agent,
        headers: {
          'x-slurm-user-name': user,
          'x-slurm-user-token': token,
          // Required of a GET, too.
          'content-type': 'application/json',
          ...(url.authorization !== null && { authorization: url.authorization }),
        },
        body: body ?? null,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal,
      });
      return { status: answer.statusCode, body: await readBody(answer.body) };
    } catch (error) {
      if (NEVER_REACHED.has(errnoOf(error) ?? '') || codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT') {
        throw new BackendUnavailableError(`slurmrestd: ${textOf(error)}`, { cause: error });
      }
      throw error;
    }
  }
}

/** JSON, or the text when it is none. */
async function readBody(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new BackendUnavailableError(`slurmrestd: an answer of more than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text.slice(0, 200);
  }
}

/** 401 is for a token that is missing; one that slurmctld refuses gives 500, as does a slurmctld that is away. */
export function mayBeRefusedToken({ status, body }: Answer): boolean {
  const errors = readErrors(body);
  return status === 401 || (status === 500 && errors.some(({ number }) => kindOfNumber(number ?? -1) !== 'never'));
}

function isRefusedToken({ status, body }: Answer): boolean {
  return status === 401 || readErrors(body).some(({ number }) => number !== null && AUTHENTICATION_NUMBERS.has(number));
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** What went wrong with a request, for people. */
export function textOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'no answer in time';
    case 'UND_ERR_SOCKET':
      return 'connection cut';
    case 'ECONNREFUSED':
      return 'connection refused';
    default:
      return messageOf(error);
  }
}
