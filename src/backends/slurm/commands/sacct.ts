import { type JobList, type JobSight, readState, readTime, shown } from '../job-sight';

const SEPARATOR = '\x1f';
const FIELDS = ['JobID', 'JobName', 'State', 'ExitCode', 'Start', 'End'] as const;

/** Which jobs to look up in accounting. */
export type SacctQuery = { readonly jobIds: readonly number[] } | { readonly name: string };

/** Without a start sacct looks at today's jobs only; a hand-over is asked for within days. */
const NAME_SINCE = 'now-30days';

/** Jobs that the controller has forgotten. Plain text, not --json: that one loses exit codes (22.05). */
export function sacctArgs(query: SacctQuery): string[] {
  const which =
    'name' in query ? [`--name=${query.name}`, `--starttime=${NAME_SINCE}`] : [`--jobs=${query.jobIds.join(',')}`];
  return [
    '--noheader',
    '--parsable2',
    `--delimiter=${SEPARATOR}`,
    '--allocations',
    ...which,
    `--format=${FIELDS.join(',')}`,
  ];
}

/** Times must have been asked for as `%s` (SLURM_TIME_FORMAT). */
export function parseSacct(output: string): JobList {
  const jobs: JobSight[] = [];
  const unreadable: string[] = [];
  for (const line of output.split('\n').filter((each) => each.trim() !== '')) {
    const job = parseLine(line);
    if (job) {
      jobs.push(job);
    } else {
      unreadable.push(shown(line));
    }
  }
  return { jobs, unreadable };
}

/** Told by sacct where no accounting is set up. */
export function isAccountingOff(stderr: string): boolean {
  return stderr.includes('accounting storage is disabled');
}

function parseLine(line: string): JobSight | null {
  const fields = line.split(SEPARATOR);
  const [jobId, name, state, exitCode, start, end] = fields;
  const [, code, signal] = /^(\d+):(\d+)$/.exec(exitCode ?? '') ?? [];
  // Ids with more than digits are parts of arrays, which are not ours.
  if (fields.length !== FIELDS.length || !/^\d+$/.test(jobId ?? '') || code === undefined || signal === undefined) {
    return null;
  }
  return {
    jobId: Number(jobId),
    name: name ?? '',
    words: readState(state ?? ''),
    reason: '',
    exit: { code: Number(code), signal: Number(signal) },
    startedAt: readTime(start ?? ''),
    endedAt: readTime(end ?? ''),
  };
}
