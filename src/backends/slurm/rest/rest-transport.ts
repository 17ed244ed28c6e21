import { Agent, request } from 'undici';
import { errnoOf, messageOf } from '../../../common/errors';
import { BackendUnavailableError, BackendUnclearError } from '../../backend.errors';
import type { JobList } from '../job-sight';
import { backendError, type ErrorKind, kindOfNumber } from '../slurm-errors';
import type { PastQuery, SlurmTransport } from '../slurm-transport';
import type { RestSettings } from '../slurm.config';
import type { SubmitRequest } from '../submit-request';
import { jobBody } from './job-body';
import { readErrors, readJobId, readJobs, readPing } from './rest-answers';
import { KNOWN_VERSIONS, type Offered, readOffered } from './rest-version';
import { TokenFile } from './token-file';

/** Longer than the 19 s that slurmrestd takes to give up on a controller. */
const PATIENT_MS = 30_000;
const LIST_MS = 20_000;
const PING_MS = 5_000;
/** 20,000 jobs in a list. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;
/** A server that was updated offers other versions. */
const ASK_VERSION_EVERY_MS = 10 * 60_000;
/** Faults of a connection that was never made: nothing has arrived. */
const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const UNKNOWN_JOB = 2017;
const EMPTY_RESULT = 9003;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** SLURM by slurmrestd. */
export class RestTransport implements SlurmTransport {
  readonly place: string;
  private readonly agent = new Agent({ connect: { timeout: PING_MS }, connections: 16 });
  private readonly token: TokenFile;
  private offered: { readonly versions: Promise<Offered>; readonly at: number } | null = null;

  constructor(private readonly settings: RestSettings) {
    this.place = `slurmrestd at ${settings.url.toString()}`;
    this.token = new TokenFile(settings.tokenFile);
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { version } = await this.versions(signal);
    const answer = await this.ask({ method: 'GET', path: `/slurm/v0.0.${version}/ping`, timeoutMs: PING_MS, signal });
    const fault = answer.status === 200 ? readPing(answer.body) : faultOf(answer);
    if (fault !== null) {
      throw new BackendUnavailableError(`SLURM: ${fault}`);
    }
  }

  async submit(job: SubmitRequest, wasAwayLately: boolean, signal: AbortSignal): Promise<number> {
    const { version } = await this.versions(signal);
    const path = `/slurm/v0.0.${version}/job/submit`;
    const body = jobBody(version, job);
    let answer: Answer;
    try {
      answer = await this.send({ method: 'POST', path, body, timeoutMs: PATIENT_MS, signal });
    } catch (error) {
      throw error instanceof BackendUnavailableError ? error : asUnclear(error);
    }
    const jobId = readJobId(answer.body);
    // Errors beside an id are warnings: a job that can't run now, say.
    if (jobId !== null) {
      return jobId;
    }
    throw backendError(kindOf(answer), faultOf(answer), wasAwayLately);
  }

  async list(signal: AbortSignal): Promise<JobList> {
    const { version } = await this.versions(signal);
    const answer = await this.ask({ method: 'GET', path: `/slurm/v0.0.${version}/jobs`, timeoutMs: LIST_MS, signal });
    const jobs = answer.status === 200 ? readJobs(answer.body, this.settings.user) : null;
    if (jobs === null || readErrors(answer.body).length > 0) {
      throw new BackendUnavailableError(`SLURM: ${faultOf(answer)}`);
    }
    return jobs;
  }

  async past(query: PastQuery, signal: AbortSignal): Promise<JobList | null> {
    const { accounting } = await this.versions(signal);
    if (accounting === null) {
      return null;
    }
    const base = `/slurmdb/v0.0.${accounting}`;
    const paths =
      'name' in query
        ? [`${base}/jobs?job_name=${encodeURIComponent(query.name)}`]
        : query.jobIds.map((jobId) => `${base}/job/${jobId}`);
    const lists: JobList[] = [];
    for (const path of paths) {
      const answer = await this.ask({ method: 'GET', path, timeoutMs: LIST_MS, signal });
      const jobs = readJobs(answer.body, null);
      const isEmpty = readErrors(answer.body).some(({ number }) => number === EMPTY_RESULT || number === UNKNOWN_JOB);
      if (jobs === null || (answer.status !== 200 && !isEmpty)) {
        throw new BackendUnavailableError(`SLURM: ${faultOf(answer)}`);
      }
      lists.push(jobs);
    }
    return { jobs: lists.flatMap(({ jobs }) => jobs), unreadable: lists.flatMap(({ unreadable }) => unreadable) };
  }

  async cancel(jobIds: readonly number[], signal: AbortSignal): Promise<void> {
    const { version } = await this.versions(signal);
    for (const jobId of jobIds) {
      const path = `/slurm/v0.0.${version}/job/${jobId}`;
      const answer = await this.ask({ method: 'DELETE', path, timeoutMs: PATIENT_MS, signal });
      const isUnknown = readErrors(answer.body).some(({ number }) => number === UNKNOWN_JOB);
      if (answer.status !== 200 && !isUnknown) {
        throw new BackendUnclearError(`SLURM: ${faultOf(answer)}`, true);
      }
    }
  }

  private async versions(signal: AbortSignal): Promise<Offered> {
    if (this.offered === null || performance.now() - this.offered.at > ASK_VERSION_EVERY_MS) {
      const asked = { versions: this.askVersions(signal), at: performance.now() };
      this.offered = asked;
      asked.versions.catch(() => {
        this.offered = this.offered === asked ? null : this.offered;
      });
    }
    return this.offered.versions;
  }

  private async askVersions(signal: AbortSignal): Promise<Offered> {
    const answer = await this.ask({ method: 'GET', path: '/openapi/v3', timeoutMs: LIST_MS, signal });
    const offered = answer.status === 200 ? readOffered(answer.body) : null;
    if (offered === null) {
      const known = KNOWN_VERSIONS.map((version) => `v0.0.${version}`).join(', ');
      const text = answer.status === 200 ? `slurmrestd offers none of the versions ${known}` : faultOf(answer);
      throw new BackendUnavailableError(`SLURM: ${text}`);
    }
    return offered;
  }

  /** Of a request that changes nothing, or may be repeated: whatever goes wrong, the answer is not to be had now. */
  private async ask(call: Call): Promise<Answer> {
    try {
      return await this.send(call);
    } catch (error) {
      throw error instanceof BackendUnavailableError
        ? error
        : new BackendUnavailableError(`slurmrestd: ${textOf(error)}`, { cause: error });
    }
  }

  /** Sends; once more with the file's new token if the old one is refused. */
  private async send(call: Call): Promise<Answer> {
    const token = await this.token.read();
    const answer = await this.sendWith(token, call);
    if (!mayBeRefusedToken(answer)) {
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

/** slurmrestd says 401 of a token that is missing, and 500 of one that slurmctld refuses, as of one that it can't reach. */
function mayBeRefusedToken({ status, body }: Answer): boolean {
  const errors = readErrors(body);
  return status === 401 || (status === 500 && errors.some(({ number }) => kindOfNumber(number ?? -1) !== 'never'));
}

function kindOf({ status, body }: Answer): ErrorKind {
  const [first] = readErrors(body).filter(({ number }) => number !== null);
  if (first) {
    return kindOfNumber(first.number ?? -1);
  }
  return status === 401 || status === 404 || status === 503 ? 'not-now' : status === 400 ? 'never' : 'unclear';
}

function faultOf({ status, body }: Answer): string {
  const errors = readErrors(body).map(({ text }) => text);
  const text = errors.length > 0 ? errors.join('; ') : typeof body === 'string' ? body : '';
  return `slurmrestd answered ${status}${text === '' ? '' : `: ${text}`}`.slice(0, 500);
}

function asUnclear(error: unknown): BackendUnclearError {
  return new BackendUnclearError(`slurmrestd: ${textOf(error)}`, true, { cause: error });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function textOf(error: unknown): string {
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
