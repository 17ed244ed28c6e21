import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '../../../test/support/eventually';
import { batchScript, type BatchScriptValues } from './batch-script';
import { type JobPaths, pathsOf } from './job-paths';
import { readRecords, type RunRecords } from './run-records';

const KEY = "it's key";
const children: ChildProcess[] = [];
let root: string;
let paths: JobPaths;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "batch 'script' "));
  paths = pathsOf(root, KEY);
  [paths.work, paths.home, paths.tmp, paths.run, dirname(paths.tombstone)].forEach((path) =>
    mkdirSync(path, { recursive: true }),
  );
});
afterEach(() => {
  for (const { pid, exitCode, signalCode } of children.splice(0)) {
    if (pid !== undefined && exitCode === null && signalCode === null) {
      process.kill(-pid, 'SIGKILL');
    }
  }
  rmSync(root, { recursive: true });
});

/** Starts the script as slurmstepd does: as the head of a process group, with little in its environment. */
function start(
  commands: string,
  values: Partial<BatchScriptValues> = {},
  env: Record<string, string> = {},
): ChildProcess {
  writeFileSync(join(paths.work, 'run.sh'), commands);
  const text = batchScript({
    id: '7',
    key: KEY,
    paths,
    prolog: null,
    walltimeMs: null,
    jobEnv: [],
    mayRequeue: false,
    ...values,
  });
  writeFileSync(paths.batch, text, { mode: 0o755 });
  const child = spawn(paths.batch, [], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', HOME: root, SLURM_JOB_ID: '12', ...env },
  });
  children.push(child);
  return child;
}

async function run(...args: Parameters<typeof start>): Promise<{ code: number | null; records: RunRecords }> {
  const child = start(...args);
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, records: await readRecords(paths) };
}

function work(name: string): string {
  return readFileSync(join(paths.work, name), 'utf8');
}

describe('a batch script', () => {
  it.each([
    ['exit 0', 0, { exitCode: 0, signal: null, startError: null }],
    ['exit 7', 7, { exitCode: 7, signal: null, startError: null }],
    ['exit 143', 143, { exitCode: 143, signal: null, startError: null }],
    ['kill -TERM $$', 143, { exitCode: null, signal: 'SIGTERM', startError: null }],
    ['kill -KILL $$', 137, { exitCode: null, signal: 'SIGKILL', startError: null }],
    ['exec true', 0, { exitCode: 0, signal: null, startError: null }],
    ['rm -rf "$PWD"', 0, { exitCode: 0, signal: null, startError: null }],
    ['cd /; exit 3', 3, { exitCode: 3, signal: null, startError: null }],
  ])('records the end of %j outside of the working directory, and ends as it did', async (commands, code, end) => {
    const result = await run(commands);
    expect(result).toMatchObject({ code, records: { startedBy: 12, exit: { jobId: 12, what: 'script', end } } });
    expect(result.records.overtimeMs).toBeNull();
  });

  it('has the script write into its two logs, with nothing on its standard input', async () => {
    await run('cat; echo out; echo err >&2');
    expect([work('.orchestrator.stdout'), work('.orchestrator.stderr')]).toEqual(['out\n', 'err\n']);
  });

  it('shows the script PATH, USER, its own directories, what SLURM set and what JOB_ENV names, nothing else', async () => {
    const env = {
      SECRET: 'x',
      SLURM_CPUS_ON_NODE: '4',
      SLURM_JWT: 'token',
      NAMED: 'n\nn',
      LANG: 'C',
      'BASH_FUNC_f%%': '() { :; }',
    };
    await run('env -0 > env', { jobEnv: ['NAMED', 'MISSING'] }, env);
    const seen: Record<string, string> = Object.fromEntries(
      work('env')
        .split('\0')
        .filter(Boolean)
        .map((line) => line.split(/=(.*)/s) as [string, string]),
    );
    expect(
      Object.keys(seen)
        .filter((name) => !['PWD', 'SHLVL', '_'].includes(name))
        .sort(),
    ).toEqual([
      'HOME',
      'JOB_ID',
      'JOB_KEY',
      'LANG',
      'NAMED',
      'PATH',
      'SLURM_CPUS_ON_NODE',
      'SLURM_JOB_ID',
      'TMPDIR',
      'USER',
    ]);
    expect(seen).toMatchObject({ HOME: paths.home, TMPDIR: paths.tmp, JOB_ID: '7', JOB_KEY: KEY, NAMED: 'n\nn' });
  });

  it('shows the script what the prolog exported or changed, and functions that it exported', async () => {
    const prolog = 'export NEW="a b" CHANGED=2; f() { echo from f; }; export -f f; cd /; echo said';
    await run('echo "$NEW $CHANGED ${SAME-unset}"; f', { prolog }, { CHANGED: '1', SAME: '1' });
    expect(work('.orchestrator.stdout')).toBe('a b 2 unset\nfrom f\n');
  });

  it('does not begin the script when the prolog fails, and says so', async () => {
    const result = await run('touch begun', { prolog: 'echo no such module; (exit 4)' });
    expect(result).toMatchObject({ code: 4, records: { exit: { what: 'prolog', end: { exitCode: 4 } } } });
    expect(existsSync(join(paths.work, 'begun'))).toBe(false);
  });

  it('passes on the SIGTERM that SLURM sends to it alone, and outlives the script', async () => {
    const child = start('trap "echo got > term; exit 5" TERM; touch ready; while :; do sleep 0.05; done');
    await eventually(() => existsSync(join(paths.work, 'ready')));
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(work('term')).toBe('got\n');
    expect((await readRecords(paths)).exit?.end).toMatchObject({ exitCode: 5 });
  });

  it('ends a script that runs too long to the second, and says so', async () => {
    const { records } = await run('sleep 60', { walltimeMs: 1_500 });
    expect(records).toMatchObject({ overtimeMs: 1_500, exit: { end: { exitCode: null, signal: 'SIGTERM' } } });
  });

  it('lets the script have its signals as they are by default', async () => {
    await run('grep SigIgn /proc/self/status > ignored; :');
    const [, ignored] = /SigIgn:\s+([0-9a-f]+)/.exec(work('ignored')) ?? [];
    // HUP, INT, QUIT, USR1, USR2 and TERM; Node may ignore others in its children.
    expect(parseInt(ignored ?? '', 16) & 0b100_1010_0000_0111).toBe(0);
  });

  it('leaves no clock behind when the script ends in time', async () => {
    const child = start('exit 0', { walltimeMs: 3_600_000 });
    await once(child, 'exit');
    await eventually(() => {
      try {
        process.kill(-child.pid!, 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  it('begins a script once, however many SLURM jobs are made of it', async () => {
    await run('echo x >> runs');
    const second = await run('echo x >> runs', {}, { SLURM_JOB_ID: '13' });
    expect(second).toMatchObject({ code: 0, records: { startedBy: 12, exit: { jobId: 12 } } });
    expect(work('runs')).toBe('x\n');
  });

  it('begins it again when SLURM runs the same job again, if that is allowed', async () => {
    await run('echo x >> runs; exit 3', { mayRequeue: true });
    const again = await run('echo x >> runs; exit 0', { mayRequeue: true });
    expect(again).toMatchObject({ code: 0, records: { exit: { end: { exitCode: 0 } } } });
    expect(work('runs')).toBe('x\nx\n');
  });

  it('does not begin it again when it has done its work: its node may have failed while SLURM cleaned up', async () => {
    await run('echo x >> runs', { mayRequeue: true });
    const again = await run('echo x >> runs; exit 9', { mayRequeue: true });
    expect(again).toMatchObject({ code: 0, records: { exit: { what: 'script', end: { exitCode: 0 } } } });
    expect(work('runs')).toBe('x\n');
  });

  it('else only notes that SLURM wanted to run it again', async () => {
    const first = start('echo x >> runs; touch begun; sleep 60');
    await eventually(() => existsSync(join(paths.work, 'begun')));
    process.kill(-first.pid!, 'SIGKILL');
    await once(first, 'exit');
    expect(await run('echo x >> runs; exit 0')).toMatchObject({
      code: 1,
      records: { exit: { jobId: 12, what: 'again' } },
    });
    expect(work('runs')).toBe('x\n');
  });

  it.each([0, 3])('and nothing of a script that had ended with %d: that record stays', async (code) => {
    await run(`echo x >> runs; exit ${code}`);
    expect(await run('echo x >> runs; exit 9')).toMatchObject({
      code,
      records: { exit: { jobId: 12, what: 'script', end: { exitCode: code } } },
    });
    expect(work('runs')).toBe('x\n');
  });

  it('tells a script that ended by itself from one that ended after a SIGTERM', async () => {
    expect((await run('exit 3')).records.exit?.wasSignalled).toBe(false);
    rmSync(paths.run, { recursive: true });
    mkdirSync(paths.run);
    const child = start('trap "exit 0" TERM; touch ready; while :; do sleep 0.05; done');
    await eventually(() => existsSync(join(paths.work, 'ready')));
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect((await readRecords(paths)).exit).toMatchObject({ wasSignalled: true, end: { exitCode: 0 } });
  });

  it('does not count the time for which SLURM suspends the job', async () => {
    const child = start('touch begun; i=0; while [ $((i++)) -lt 20 ]; do sleep 0.05; done; exit 4', {
      walltimeMs: 2_500,
    });
    await eventually(() => existsSync(join(paths.work, 'begun')));
    process.kill(-child.pid!, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    process.kill(-child.pid!, 'SIGCONT');
    await once(child, 'exit');
    expect(await readRecords(paths)).toMatchObject({ overtimeMs: null, exit: { end: { exitCode: 4 } } });
  });

  it('begins nothing that was terminated before', async () => {
    writeFileSync(paths.tombstone, '');
    expect(await run('touch begun')).toMatchObject({ code: 0, records: { startedBy: null, exit: null } });
    expect(existsSync(join(paths.work, 'begun'))).toBe(false);
  });
});
