import { type ScriptEnd, scriptEndOf } from '../../workload/script-end';
import { readJobFiles } from './job-file-reader';
import type { JobPaths } from './job-paths';

/** How a job ended, by what its batch script wrote. */
export interface ExitRecord {
  readonly jobId: number;
  /**
   * What ended: the user's script; the service's prolog, after which the script never began; or an attempt of SLURM to
   * run the job again, which nobody had allowed.
   */
  readonly what: 'script' | 'prolog' | 'again';
  /** SIGTERM had been sent to the job before: by SLURM, by its own clock, or by the script itself. */
  readonly wasSignalled: boolean;
  readonly end: ScriptEnd;
}

/** What a job's directory tells. All but note and hint is the job's own word, which it may have written as it likes. */
export interface RunRecords {
  /** The SLURM job that runs, or ran, the script. */
  readonly startedBy: number | null;
  readonly exit: ExitRecord | null;
  /** The script was ended for running so long; `null`: it was not. */
  readonly overtimeMs: number | null;
  readonly note: string;
  /** What may be why the script failed; empty if nobody knows. */
  readonly hint: string;
  /** The end of what the prolog said, or else the batch script; empty if nothing. */
  readonly output: string;
}

const OUTPUT_SHOWN = 300;

/** @throws errors of the file system */
export async function readRecords(paths: JobPaths): Promise<RunRecords> {
  const [ours, { started, exit, notice, overtime, prolog, output }] = await Promise.all([
    readJobFiles(paths, 'root', { note: 'start', hint: 'start' }),
    readJobFiles(paths, 'run', {
      started: 'start',
      exit: 'start',
      notice: 'start',
      overtime: 'start',
      prolog: 'end',
      output: 'end',
    }),
  ]);
  const record = parseExit(exit ?? '', notice ?? '');
  const said = (record?.what === 'prolog' ? prolog : output) ?? '';
  return {
    startedBy: parseJobId(started),
    exit: record,
    overtimeMs: /^\d{1,15}\s*$/.test(overtime ?? '') ? Number(overtime) : null,
    note: ours.note ?? '',
    hint: ours.hint ?? '',
    output: said.trim().replaceAll(/\s+/g, ' ').slice(-OUTPUT_SHOWN),
  };
}

/** An id as batch script and backend write it: `7 .`, closed by the dot; `null`: none, or cut short. */
export function parseJobId(text: string | null): number | null {
  const [, id] = /^(\d{1,10}) \.\n$/.exec(text ?? '') ?? [];
  return id === undefined ? null : Number(id);
}

/** The exit file's text, made whole by a rename; a line that isn't closed by its dot doesn't count. */
export function parseExit(text: string, notice: string): ExitRecord | null {
  const [, jobId, word, code] = /^\s*(\d{1,10}) (script|signalled|prolog|again) (\d{1,3}) \.\n$/.exec(text) ?? [];
  if (jobId === undefined || code === undefined) {
    return null;
  }
  const what = word === 'prolog' || word === 'again' ? word : 'script';
  return {
    jobId: Number(jobId),
    what,
    wasSignalled: word === 'signalled',
    end:
      what !== 'script'
        ? { exitCode: Number(code), signal: null, startError: null }
        : scriptEndOf(Number(code), notice),
  };
}
