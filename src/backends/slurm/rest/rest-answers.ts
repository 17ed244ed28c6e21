/**
 * What slurmrestd answers, v0.0.36 to v0.0.43. Shapes differ: a state is a text or a list of texts (40 on), a number may
 * be `{"set": true, "infinite": false, "number": 7}` (39 on), an exit code a wait status or an object.
 */
import { type JobList, type JobSight, readReason, readState, readTime, readWaitStatus, shown } from '../job-sight';
import { field } from './rest-version';

/** One entry of an answer's `errors`. */
export interface RestError {
  /** Of slurm_errno.h; `null` when there is none. */
  readonly number: number | null;
  readonly text: string;
}

/** The jobs of an answer, of one user; `null`: it is no list of jobs. */
export function readJobs(body: unknown, user: string | null): JobList | null {
  const list = field(body, 'jobs');
  if (!Array.isArray(list)) {
    return null;
  }
  const jobs: JobSight[] = [];
  const unreadable: string[] = [];
  for (const entry of list as readonly unknown[]) {
    const owner = field(entry, 'user_name');
    // v0.0.36 leaves the name empty: better too many than too few.
    if (user !== null && typeof owner === 'string' && owner !== '' && owner !== user) {
      continue;
    }
    const job = readJob(entry);
    if (job) {
      jobs.push(job);
    } else {
      unreadable.push(shown(JSON.stringify(entry)));
    }
  }
  return { jobs, unreadable };
}

/** The id in the answer to a submission; `null` when there is none. */
export function readJobId(body: unknown): number | null {
  const id = numberOf(field(body, 'job_id')) ?? numberOf(field(field(body, 'result'), 'job_id'));
  return id !== null && id > 0 ? id : null;
}

export function readErrors(body: unknown): RestError[] {
  const errors = field(body, 'errors');
  return (Array.isArray(errors) ? (errors as readonly unknown[]) : []).map((entry) => ({
    number: numberOf(field(entry, 'error_number')) ?? numberOf(field(entry, 'error_code')),
    text: [field(entry, 'error'), field(entry, 'description')]
      .filter((text) => typeof text === 'string' && text !== '')
      .join(': '),
  }));
}

/** `null`: one of the controllers answers; else which don't. */
export function readPing(body: unknown): string | null {
  const pings = field(body, 'pings');
  const list = Array.isArray(pings) ? (pings as readonly unknown[]) : [];
  if (
    list.some(
      (ping) => field(ping, 'ping') === 'UP' || field(ping, 'pinged') === 'UP' || field(ping, 'responding') === true,
    )
  ) {
    return null;
  }
  const hosts = list.map((ping) => String(field(ping, 'hostname')));
  return hosts.length === 0 ? 'slurmrestd names no controller' : `slurmctld on ${hosts.join(', ')} is down`;
}

function readJob(entry: unknown): JobSight | null {
  const jobId = numberOf(field(entry, 'job_id'));
  if (jobId === null || !Number.isSafeInteger(jobId) || jobId <= 0) {
    return null;
  }
  const ofAccounting = field(entry, 'state');
  const time = field(entry, 'time');
  const name = field(entry, 'name');
  const reason = field(entry, 'state_reason') ?? field(ofAccounting, 'reason');
  return {
    jobId,
    name: typeof name === 'string' ? name : '',
    words: wordsOf(field(entry, 'job_state') ?? field(ofAccounting, 'current')),
    reason: typeof reason === 'string' ? readReason(reason) : '',
    // Accounting's exit code is wrong (22.05: 0 for any code): left to the job's own record.
    exit: ofAccounting === undefined ? exitOf(field(entry, 'exit_code')) : null,
    startedAt: timeOf(field(entry, 'start_time') ?? field(time, 'start')),
    endedAt: timeOf(field(entry, 'end_time') ?? field(time, 'end')),
  };
}

function wordsOf(state: unknown): string[] {
  const words = Array.isArray(state) ? (state as readonly unknown[]) : [state];
  return words.flatMap((word) => (typeof word === 'string' ? readState(word) : []));
}

function exitOf(exit: unknown): JobSight['exit'] {
  if (typeof exit === 'number') {
    return readWaitStatus(exit);
  }
  const code = numberOf(field(exit, 'return_code'));
  const signal = field(exit, 'signal');
  const number = numberOf(field(signal, 'id')) ?? numberOf(field(signal, 'signal_id'));
  return code === null && number === null ? null : { code: code ?? 0, signal: number ?? 0 };
}

function timeOf(value: unknown): number | null {
  const seconds = numberOf(value);
  return seconds === null ? null : readTime(String(seconds));
}

/** A number in either form; `null` when it is not set, infinite, or no number. */
function numberOf(value: unknown): number | null {
  const bare =
    typeof value === 'object' && value !== null && field(value, 'set') === true ? field(value, 'number') : value;
  return typeof bare === 'number' && Number.isFinite(bare) && field(value, 'infinite') !== true ? bare : null;
}
