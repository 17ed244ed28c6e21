import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sightOf, ToldSlurm } from '../../../test/support-slurm/told-slurm';
import type { BackendReport } from '../backend';
import { JobReporter } from './job-reporter';
import { pathsOf } from './job-paths';
import { SlurmCluster } from './slurm-cluster';
import { encodeRef } from './slurm-ref';

let workDir: string;
let slurm: ToldSlurm;
let reporter: JobReporter;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'job-reporter-'));
  slurm = new ToldSlurm();
  reporter = new JobReporter(new SlurmCluster(slurm));
});
afterEach(() => rmSync(workDir, { recursive: true }));

function recorded(key: string, text: string | null): void {
  const { run, exit } = pathsOf(workDir, key);
  mkdirSync(run, { recursive: true });
  if (text !== null) {
    writeFileSync(exit, text);
  }
}

async function report(...jobs: (readonly [string, number])[]): Promise<(readonly [string, string])[]> {
  const asked = jobs.map(([key, jobId]) => {
    const at = { service: 'x', jobId, key };
    return { ref: encodeRef(at), at, workDir };
  });
  const reports = await reporter.report(asked, new AbortController().signal);
  return asked.map(({ ref }) => reports.get(ref)!).map(({ state, message }: BackendReport) => [state, message]);
}

describe('a report', () => {
  it('takes no job for ours that has only the id of it', async () => {
    recorded('keyA', null);
    recorded('keyC', '57 script 0 .\n');
    slurm.jobs = [sightOf(57, 'jo-keyB', 'RUNNING')];
    slurm.accounting = { jobs: [sightOf(57, 'jo-keyB', 'CANCELLED')], unreadable: [] };
    expect(await report(['keyA', 57], ['keyB', 57], ['keyC', 57])).toEqual([
      ['unclear', 'SLURM does not list the job any more; looking for its end'],
      ['running', ''],
      ['completed', ''],
    ]);
  });

  it('takes the word of accounting for jobs of the same name', async () => {
    recorded('keyA', null);
    recorded('keyB', null);
    const accounting = [sightOf(57, 'jo-keyA', 'CANCELLED'), sightOf(58, 'jo-other', 'CANCELLED')];
    slurm.accounting = { jobs: accounting, unreadable: [] };
    expect((await report(['keyA', 57], ['keyB', 58])).map(([state]) => state)).toEqual(['killed', 'unclear']);
  });

  it('asks accounting only about jobs whose own record does not tell their end', async () => {
    recorded('keyA', '57 script 0 .\n');
    expect(await report(['keyA', 57])).toEqual([['completed', '']]);
    expect(slurm.asked).toEqual([]);
    recorded('keyB', null);
    await report(['keyA', 57], ['keyB', 58]);
    expect(slurm.asked).toEqual([{ jobIds: [58] }]);
  });

  it('follows the SLURM job that has run the script when two were made of one key, also when both are forgotten', async () => {
    recorded('keyA', '58 script 3 .\n');
    writeFileSync(pathsOf(workDir, 'keyA').started, '58 .\n');
    expect(await report(['keyA', 57])).toEqual([['failed', 'exit code 3']]);
  });

  it('is not held up, nor led elsewhere, by what a job has put in the place of its records', async () => {
    recorded('keyA', null);
    recorded('keyB', '58 script 0 .\n');
    const { run, root } = pathsOf(workDir, 'keyA');
    execFileSync(
      'mkfifo',
      ['output', 'prolog', 'notice', 'started'].map((name) => join(run, name)),
    );
    symlinkSync('/proc/self/environ', join(root, 'note'));
    symlinkSync('/proc/self/environ', join(run, 'note'));
    writeFileSync(join(run, 'exit'), '57 script 0 .\n');
    slurm.jobs = [sightOf(57, 'jo-keyA', 'COMPLETED'), sightOf(58, 'jo-keyB', 'COMPLETED')];
    expect(await report(['keyA', 57], ['keyB', 58])).toEqual([
      ['completed', ''],
      ['completed', ''],
    ]);
  });

  it('says whether a job was asked for since the start, and not let go', async () => {
    recorded('keyA', '57 script 0 .\n');
    expect(reporter.isInUse('keyA')).toBe(false);
    await report(['keyA', 57]);
    expect(reporter.isInUse('keyA')).toBe(true);
    const at = { service: 'x', jobId: 57, key: 'keyA' };
    reporter.forget(at, encodeRef(at));
    expect(reporter.isInUse('keyA')).toBe(false);
  });
});
