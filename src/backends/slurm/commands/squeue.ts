import { type JobList, type JobSight, readReason, readState, readTime, readWaitStatus, shown } from '../job-sight';

/** Stands in no name or reason that people write (ASCII unit separator). */
const SEPARATOR = '\x1f';
const FIELDS = ['JobID', 'Name', 'State', 'exit_code', 'Reason', 'StartTime', 'EndTime'] as const;

/**
 * All jobs of a user that the controller knows, ended ones (for MinJobAge) included. `-O` with a suffix for each field:
 * unlike `-o` it knows the exit code, and without a width it cuts nothing.
 * @param uid `null`: jobs of all users. squeue takes no uid, not even as a number, that has no name on this host
 */
export function squeueArgs(uid: number | null): string[] {
  const format = FIELDS.map((field) => `${field}:${SEPARATOR}`).join(',');
  return ['--noheader', '--states=all', ...(uid === null ? [] : [`--user=${uid}`]), '-O', format];
}

/** Said of a user whose name can't be found: then the list is empty, and the exit code 0. */
export function isUserUnknown(stderr: string): boolean {
  return stderr.includes('Invalid user');
}

/** Times must have been asked for as `%s` (SLURM_TIME_FORMAT). */
export function parseSqueue(output: string): JobList {
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

function parseLine(line: string): JobSight | null {
  const fields = line.split(SEPARATOR);
  const [jobId, name, state, exitCode, reason, start, end] = fields;
  // The last separator stands at the end: a line that lacks it was cut short.
  if (fields.length !== FIELDS.length + 1 || fields.at(-1)?.trim() !== '') {
    return null;
  }
  if (!/^\d+$/.test(jobId ?? '') || !/^\d+$/.test(exitCode ?? '')) {
    return null;
  }
  return {
    jobId: Number(jobId),
    name: name ?? '',
    words: readState(state ?? ''),
    reason: readReason(reason ?? ''),
    exit: readWaitStatus(Number(exitCode)),
    startedAt: readTime(start ?? ''),
    endedAt: readTime(end ?? ''),
  };
}
