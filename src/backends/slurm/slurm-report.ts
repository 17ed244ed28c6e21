import { exitCodeText, overtimeText, type ScriptEnd, signalName, TERMINATED } from '../../workload/script-end';
import { bareReport } from '../bare-report';
import type { BackendReport } from '../backend';
import type { JobSight } from './job-sight';
import type { ExitRecord, RunRecords } from './run-records';
import { meaningOf } from './slurm-state';

/** What SLURM says of a job that is not over, or that can't be understood. */
export function liveReport(sight: JobSight): BackendReport {
  const meaning = meaningOf(sight.words);
  if (!meaning || (meaning.means !== 'waiting' && meaning.means !== 'running')) {
    const words = sight.words.join(', ') || 'nothing';
    return bareReport('unclear', `SLURM says ${JSON.stringify(words)} of the job's state, which is not understood`);
  }
  const reason = meaning.means === 'waiting' && sight.reason !== '' ? ` (${sight.reason})` : '';
  const message = meaning.text === '' ? '' : `SLURM: ${meaning.text}${reason}`;
  return { ...bareReport(meaning.means, message), startedAt: meaning.means === 'running' ? sight.startedAt : null };
}

/** What is known of a job that is over. */
export interface EndFacts {
  /** What SLURM says; `null`: it has forgotten the job. */
  readonly sight: JobSight | null;
  readonly records: RunRecords;
  /** Its termination was asked for. */
  readonly isBuried: boolean;
}

/**
 * Whether something may still come to light that changes the report: a job that ran its script leaves a record of it,
 * which a network file system may show some seconds late.
 */
export function lacksRecord({ sight, records }: EndFacts): boolean {
  const state = sight?.words.find((word) => word === 'COMPLETED' || word === 'FAILED');
  return state !== undefined && recordOf(records, sight) === null && records.overtimeMs === null;
}

/** A state that SLURM puts a job into from outside, whatever its script does, or has done. */
const FROM_OUTSIDE: readonly string[] = ['CANCELLED', 'TIMEOUT', 'DEADLINE', 'NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED'];

/**
 * Whether the script had ended by itself before SLURM, or its clock, put an end to the job: nothing that SLURM says of the
 * time afterwards (a node that failed while it cleaned up behind the job, a late scancel) changes its end.
 */
export function endedByItself(record: ExitRecord | null): boolean {
  const wasKilled = record?.end.signal === 'SIGKILL' || record?.end.signal === 'SIGTERM';
  return record?.what === 'script' && !record.wasSignalled && !wasKilled;
}

/** How a job ended: by its own record, which knows its script's end best, and by what SLURM says of the rest. */
export function endReport(facts: EndFacts): BackendReport {
  const { sight, records, isBuried } = facts;
  const record = recordOf(records, sight);
  const end = record?.end ?? endBySlurm(sight);
  const base = {
    exitCode: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    startedAt: sight?.startedAt ?? null,
    endedAt: sight?.endedAt ?? null,
    isBackendFault: false,
  };
  const failed = (message: string, isBackendFault = false): BackendReport => ({
    ...base,
    state: 'failed',
    message: [message, records.note].filter((text) => text !== '').join('; '),
    isBackendFault,
  });
  const word = sight?.words[0] ?? '';
  const isByItself = endedByItself(record);
  const isLate = isByItself && (sight?.words ?? []).some((each) => FROM_OUTSIDE.includes(each));
  const meaning = sight === null || isLate ? null : meaningOf(sight.words);
  const wasForgotten = sight === null && isBuried && (record === null || record.what === 'script');
  // Its batch script saw that it was terminated: scancel had not reached the controller.
  const neverBegan = isBuried && record === null && records.startedBy === null;
  if (meaning?.means === 'killed' || neverBegan || (wasForgotten && !isByItself && record?.end.exitCode !== 0)) {
    const reason = sight?.reason === undefined || sight.reason === '' ? '' : ` (${sight.reason})`;
    return { ...base, state: 'killed', message: isBuried ? TERMINATED : `cancelled in SLURM${reason}` };
  }
  if (records.overtimeMs !== null && !isByItself) {
    return failed(overtimeText(records.overtimeMs));
  }
  if (meaning !== null && meaning.text !== '') {
    return failed(`SLURM: ${meaning.text}`, meaning.isBackendFault);
  }
  if (record?.what === 'prolog') {
    return failed(withOutput(`the prolog of the service failed with exit code ${record.end.exitCode ?? ''}`, records));
  }
  if (record?.what === 'again') {
    return failed('SLURM: a node of the job failed; it was not run again, as only MAX_ATTEMPTS allows that', true);
  }
  if (record === null) {
    const code = end === null || (end.exitCode === null && end.signal === null) ? '' : `, ${endText(end)}`;
    const why = sight?.reason === undefined || sight.reason === '' ? '' : ` (${sight.reason})`;
    const gap =
      records.startedBy === null
        ? 'its batch script never began: does the node see the work directory, and may the user write there?'
        : "the job left no record of its script's end";
    const text = `SLURM: ${word}${why}${code}; ${gap}`;
    return failed(withOutput(text, records), meaning?.means === 'completed' || records.startedBy === null);
  }
  if (record.end.exitCode === 0 && record.end.startError === null) {
    return meaning?.means === 'failed'
      ? failed(`run.sh ended with exit code 0, but SLURM says ${word}`)
      : { ...base, state: 'completed', message: records.note };
  }
  const hint = records.hint === '' ? '' : ` (${records.hint})`;
  return failed(endText(record.end) + hint);
}

/** The record of this job, and not of another one of the same key. */
function recordOf(records: RunRecords, sight: JobSight | null): ExitRecord | null {
  return sight === null || records.exit?.jobId === sight.jobId ? records.exit : null;
}

function endBySlurm(sight: JobSight | null): ScriptEnd | null {
  if (!sight?.exit) {
    return null;
  }
  const { code, signal } = sight.exit;
  // SLURM has marks that are no signals: 53, its script or output could not be opened; 125, too much memory.
  const isMark = signal === 53 || signal > 64;
  return signal > 0 && !isMark
    ? { exitCode: null, signal: signalName(signal), startError: null }
    : { exitCode: isMark ? null : code, signal: null, startError: null };
}

function endText({ exitCode, signal, startError }: ScriptEnd): string {
  if (startError !== null) {
    return `the script could not be started: ${startError}`;
  }
  return signal === null ? exitCodeText(exitCode ?? 0) : `killed by signal ${signal}`;
}

function withOutput(text: string, { output }: RunRecords): string {
  return output === '' ? text : `${text}: ${output}`;
}
