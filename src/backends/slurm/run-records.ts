import { readdir, readFile } from 'node:fs/promises';
import { errnoOf } from '../../common/errors';
import { type ScriptEnd, scriptEndOf } from '../../workload/script-end';
import type { JobPaths } from './job-paths';

/** How a job ended, by what its batch script wrote. */
export interface ExitRecord {
  readonly jobId: number;
  /**
   * What ended: the user's script; the service's prolog, after which the script never began; or an attempt of SLURM to
   * run the job again, which nobody had allowed.
   */
  readonly what: 'script' | 'prolog' | 'again';
  readonly end: ScriptEnd;
}

/** What a job's directory tells. */
export interface RunRecords {
  /** The SLURM job that runs, or ran, the script. */
  readonly startedBy: number | null;
  readonly exit: ExitRecord | null;
  /** The script was ended for running so long; `null`: it was not. */
  readonly overtimeMs: number | null;
  readonly note: string;
  /** The end of what the prolog said, or else the batch script; empty if nothing. */
  readonly output: string;
}

const OUTPUT_SHOWN = 300;

export async function readRecords(paths: JobPaths): Promise<RunRecords> {
  // A network file system may hold on to the news that a file isn't there; listing the directory asks its server.
  await readdir(paths.run).catch(() => []);
  const [startedBy, exitLine, notice, overtime, note, output, prolog] = await Promise.all([
    readJobId(paths.started),
    readText(paths.exit),
    readText(paths.notice),
    readText(paths.overtime),
    readText(paths.note),
    readText(paths.output),
    readText(paths.prolog),
  ]);
  const exit = parseExit(exitLine ?? '', notice ?? '');
  const said = (exit?.what === 'prolog' ? prolog : output) ?? '';
  return {
    startedBy,
    exit,
    overtimeMs: /^\d+\s*$/.test(overtime ?? '') ? Number(overtime) : null,
    note: note ?? '',
    output: said.trim().replaceAll(/\s+/g, ' ').slice(-OUTPUT_SHOWN),
  };
}

/** An id as batch script and backend write it: `7 .`, closed by the dot; `null`: none, or cut short. */
export async function readJobId(path: string): Promise<number | null> {
  const [, id] = /^(\d{1,10}) \.\n$/.exec((await readText(path)) ?? '') ?? [];
  return id === undefined ? null : Number(id);
}

/** `null` when the file isn't there. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      return null;
    }
    throw error;
  }
}

/** The exit file's text, made whole by a rename; a line that isn't closed by its dot doesn't count. */
export function parseExit(text: string, notice: string): ExitRecord | null {
  const [, jobId, what, code] = /^\s*(\d{1,10}) (script|prolog|again) (\d{1,3}) \.\n$/.exec(text) ?? [];
  if (jobId === undefined || code === undefined) {
    return null;
  }
  const kind = what === 'prolog' || what === 'again' ? what : 'script';
  return {
    jobId: Number(jobId),
    what: kind,
    end:
      kind !== 'script'
        ? { exitCode: Number(code), signal: null, startError: null }
        : scriptEndOf(Number(code), notice),
  };
}
