import { abortable } from '../../../common/abortable';
import { delay } from '../../../common/delay';
import { messageOf } from '../../../common/errors';
import { BackendUnavailableError, BackendUnclearError } from '../../backend.errors';
import { type JobList, shown, wholeOf } from '../job-sight';
import type { ErrorKind } from '../slurm-errno';
import { backendError, kindOfNumber, worstOf } from '../slurm-errors';
import type { PastQuery, SlurmTransport } from '../slurm-transport';
import type { RestSettings } from '../slurm.config';
import type { SubmitRequest } from '../submit-request';
import { jobBody } from './job-body';
import { type Answer, mayBeRefusedToken, RestConnection, textOf } from './rest-connection';
import { readErrors, readJobId, readJobs, readPing, type RestError } from './rest-answers';
import { KNOWN_VERSIONS, type Offered, readOffered } from './rest-version';

/** Longer than the 19 s that slurmrestd takes to give up on a controller. */
const PATIENT_MS = 30_000;
const LIST_MS = 20_000;
/** For all that is asked of accounting at once. */
const ACCOUNTING_MS = 20_000;
/** Jobs in one question to accounting, whose answer has 12 kB of each: a megabyte. */
const JOBS_ASKED = 100;
const PING_MS = 5_000;
/** An answer this early doesn't come from waiting for the controller. */
const PROMPT_MS = 3_000;
const REFUSED_AGAIN_MS = 500;
/** A server that was updated offers other versions. */
const ASK_VERSION_EVERY_MS = 10 * 60_000;
const OPENAPI = '/openapi/v3';
const UNKNOWN_JOB = 2017;
const EMPTY_RESULT = 9003;

/** SLURM by slurmrestd. */
export class RestTransport implements SlurmTransport {
  readonly place: string;
  private readonly connection: RestConnection;
  private readonly stopper = new AbortController();
  private offered: { readonly versions: Promise<Offered>; readonly at: number } | null = null;

  constructor(private readonly settings: RestSettings) {
    this.place = `slurmrestd at ${settings.url.toString()}`;
    this.connection = new RestConnection(settings);
  }

  /**
   * slurmrestd has one answer for a token that slurmctld refuses and for a slurmctld that is away. But it gives the
   * second one only when it has tried for 19 s: given at once, and again, it is about the token.
   */
  async refusal(signal: AbortSignal): Promise<string | null> {
    const first = await this.promptRefusal(signal);
    if (first === null) {
      return null;
    }
    await delay(REFUSED_AGAIN_MS, signal);
    return this.promptRefusal(signal);
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { version } = await this.versions(signal);
    const answer = await this.connection.ask({ method: 'GET', path: pingPath(version), timeoutMs: PING_MS, signal });
    const fault = answer.status === 200 ? readPing(answer.body) : faultOf(answer);
    if (fault !== null) {
      throw new BackendUnavailableError(`SLURM: ${fault}`);
    }
  }

  async submit(job: SubmitRequest, isFresh: boolean, signal: AbortSignal): Promise<number> {
    const { version } = await this.versions(signal);
    const path = `/slurm/v0.0.${version}/job/submit`;
    const body = jobBody(version, job);
    let answer: Answer;
    try {
      answer = await this.connection.send({ method: 'POST', path, body, timeoutMs: PATIENT_MS, signal });
    } catch (error) {
      throw error instanceof BackendUnavailableError ? error : asUnclear(error);
    }
    const jobId = readJobId(answer.body);
    // Errors beside an id are warnings: a job that can't run now, say.
    if (jobId !== null) {
      return jobId;
    }
    throw backendError(kindOf(answer), faultOf(answer), isFresh);
  }

  async list(signal: AbortSignal): Promise<JobList> {
    const { version } = await this.versions(signal);
    const answer = await this.connection.ask({
      method: 'GET',
      path: `/slurm/v0.0.${version}/jobs`,
      timeoutMs: LIST_MS,
      signal,
    });
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
    const base = `/slurmdb/v0.0.${accounting}/jobs`;
    // One limit for all: what is not answered by then fails at once.
    const limited = AbortSignal.any([signal, AbortSignal.timeout(ACCOUNTING_MS)]);
    if ('name' in query) {
      return wholeOf(await this.pastJobs(`${base}?job_name=${encodeURIComponent(query.name)}`, limited));
    }
    const lists: JobList[] = [];
    for (let start = 0; start < query.jobIds.length; start += JOBS_ASKED) {
      const jobIds = query.jobIds.slice(start, start + JOBS_ASKED).join(',');
      try {
        // Ids of whole jobs are steps to it, too. A comma that isn't encoded is refused.
        lists.push(await this.pastJobs(`${base}?step=${encodeURIComponent(jobIds)}`, limited));
      } catch (error) {
        lists.push({ jobs: [], unreadable: [shown(`${messageOf(error)}, asked for the jobs ${jobIds}`)] });
      }
    }
    return { jobs: lists.flatMap(({ jobs }) => jobs), unreadable: lists.flatMap(({ unreadable }) => unreadable) };
  }

  async cancel(jobIds: readonly number[], signal: AbortSignal): Promise<void> {
    const { version } = await this.versions(signal);
    for (const jobId of jobIds) {
      const path = `/slurm/v0.0.${version}/job/${jobId}`;
      const answer = await this.connection.ask({ method: 'DELETE', path, timeoutMs: PATIENT_MS, signal });
      const isUnknown = readErrors(answer.body).some(({ number }) => number === UNKNOWN_JOB);
      if (answer.status !== 200 && !isUnknown) {
        throw new BackendUnclearError(`SLURM: ${faultOf(answer)}`, true);
      }
    }
  }

  close(): void {
    this.stopper.abort();
  }

  private async pastJobs(path: string, signal: AbortSignal): Promise<JobList> {
    const answer = await this.connection.ask({ method: 'GET', path, timeoutMs: ACCOUNTING_MS, signal });
    const jobs = readJobs(answer.body, null);
    const errors = readErrors(answer.body);
    const isEmpty = ({ number }: RestError) => number === EMPTY_RESULT || number === UNKNOWN_JOB;
    // Without its database slurmrestd answers 200 and an empty list; only the errors beside it tell.
    if (jobs === null || !errors.every(isEmpty) || (answer.status !== 200 && errors.length === 0)) {
      throw new BackendUnavailableError(`SLURM: ${faultOf(answer)}`);
    }
    return jobs;
  }

  private async promptRefusal(signal: AbortSignal): Promise<string | null> {
    const get = (path: string) => this.connection.ask({ method: 'GET', path, timeoutMs: PROMPT_MS, signal });
    try {
      const document = await get(OPENAPI);
      const offered = document.status === 200 ? readOffered(document.body) : null;
      const answer = offered === null ? document : await get(pingPath(offered.version));
      return mayBeRefusedToken(answer) ? faultOf(answer) : null;
    } catch {
      return null;
    }
  }

  /** Asked once for all callers, of whom none can end it for the others. */
  private async versions(signal: AbortSignal): Promise<Offered> {
    if (this.offered === null || performance.now() - this.offered.at > ASK_VERSION_EVERY_MS) {
      const asked = { versions: this.askVersions(), at: performance.now() };
      this.offered = asked;
      asked.versions.catch(() => {
        this.offered = this.offered === asked ? null : this.offered;
      });
    }
    try {
      return await abortable(this.offered.versions, signal);
    } catch (error) {
      throw signal.aborted ? new BackendUnavailableError('slurmrestd: aborted', { cause: error }) : error;
    }
  }

  private async askVersions(): Promise<Offered> {
    const { signal } = this.stopper;
    const answer = await this.connection.ask({ method: 'GET', path: OPENAPI, timeoutMs: LIST_MS, signal });
    const offered = answer.status === 200 ? readOffered(answer.body) : null;
    if (offered === null) {
      const known = KNOWN_VERSIONS.map((version) => `v0.0.${version}`).join(', ');
      const text = answer.status === 200 ? `slurmrestd offers none of the versions ${known}` : faultOf(answer);
      throw new BackendUnavailableError(`SLURM: ${text}`);
    }
    return offered;
  }
}

function pingPath(version: number): string {
  return `/slurm/v0.0.${version}/ping`;
}

function kindOf({ status, body }: Answer): ErrorKind {
  const numbers = readErrors(body).flatMap(({ number }) => (number === null ? [] : [number]));
  if (numbers.length > 0) {
    return worstOf(numbers.map(kindOfNumber));
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
