import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually';
import { sightOf, ToldSlurm } from '../../../test/support-slurm/told-slurm';
import type { BackendReport } from '../backend';
import { JobReporter } from './job-reporter';
import type { JobList } from './job-sight';
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
  const reports = await reporter.report(asked);
  return asked.map(({ ref }) => reports.get(ref)!).map(({ state, message }: BackendReport) => [state, message]);
}

/** What the reporter has noted of jobs. */
function kept(): unknown[] {
  const noted = reporter as unknown as Record<string, unknown>;
  return [...Object.values(noted), ...Object.values(noted.past as Record<string, unknown>)].flatMap((value) =>
    value instanceof Map || value instanceof Set ? Array.from<unknown>(value as Iterable<unknown>) : [],
  );
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
    const states = async () => (await report(['keyA', 57], ['keyB', 58])).map(([state]) => state);
    expect(await states()).toEqual(['unclear', 'unclear']);
    expect(await states()).toEqual(['killed', 'unclear']);
  });

  it('is not late because accounting takes its time over a job that SLURM has forgotten', async () => {
    let answer = (_: JobList): void => undefined;
    slurm.past = () => new Promise((resolve) => (answer = resolve));
    recorded('keyA', null);
    slurm.jobs = [sightOf(58, 'jo-keyB', 'RUNNING')];
    const looking = ['unclear', 'SLURM does not list the job any more; looking for its end'];
    for (let poll = 0; poll < 3; poll++) {
      expect(await report(['keyA', 57], ['keyB', 58])).toEqual([looking, ['running', '']]);
    }
    answer({ jobs: [sightOf(57, 'jo-keyA', 'CANCELLED')], unreadable: [] });
    await eventually(async () => (await report(['keyA', 57]))[0]?.[0] === 'killed');
  });

  it.each([
    ['there is no accounting', null],
    ['accounting does not know it', { jobs: [], unreadable: [] }],
  ])('calls a job lost when %s, once that has been so for ten seconds', async (where, accounting) => {
    recorded('keyA', null);
    slurm.accounting = accounting;
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    try {
      const begun = performance.now();
      let [said] = await report(['keyA', 57]);
      while (said?.[0] === 'unclear' && performance.now() - begun < 100_000) {
        jest.advanceTimersByTime(1_000);
        [said] = await report(['keyA', 57]);
      }
      const text = `SLURM does not know the job any more, ${where}, and it left no record of its end`;
      expect(said).toEqual(['lost', text]);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(10_000);
      expect(performance.now() - begun).toBeLessThanOrEqual(16_000);
    } finally {
      jest.useRealTimers();
    }
  });

  it('calls no job lost while accounting is away, or says something that cannot be read', async () => {
    recorded('keyA', null);
    slurm.accounting = { jobs: [], unreadable: ['"garbage"'] };
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    try {
      for (let second = 0; second < 100; second++) {
        slurm.past = second < 50 ? () => Promise.reject(new Error('away')) : ToldSlurm.prototype.past.bind(slurm);
        expect((await report(['keyA', 57])).map(([state]) => state)).toEqual(['unclear']);
        jest.advanceTimersByTime(1_000);
      }
      expect(slurm.asked.length).toBeGreaterThan(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps nothing of a job that was let go, or was terminated before anybody asked for it', async () => {
    const at = { service: 'x', jobId: 57, key: 'keyA' };
    recorded('keyA', null);
    await report(['keyA', 57]);
    const underWay = report(['keyA', 57]);
    reporter.forget(at, encodeRef(at));
    await underWay;
    reporter.noteSubmitted(58);
    recorded('keyB', '59 script 0 .\n');
    // The next list is due within a second.
    await eventually(async () => {
      await report(['keyB', 59]);
      return !kept().flat().includes(58);
    });
    reporter.forget({ ...at, jobId: 59, key: 'keyB' }, encodeRef({ ...at, jobId: 59, key: 'keyB' }));
    expect(kept()).toEqual([]);
  });

  it('asks accounting only about jobs whose own record does not tell their end', async () => {
    recorded('keyA', '57 script 0 .\n');
    expect(await report(['keyA', 57])).toEqual([['completed', '']]);
    expect(slurm.asked).toEqual([]);
    recorded('keyB', null);
    await report(['keyA', 57], ['keyB', 58]);
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
