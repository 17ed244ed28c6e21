import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAlive } from '../../../test/support/processes';
import { eventually } from '../../../test/support/eventually';
import { ScratchJob } from '../../../test/support-units/scratch-job';
import { TypeScriptChild } from '../../../test/support-units/typescript-child';
import { readProcess } from './process-entry';
import { findSupervisor, startSupervisor, supervisorSession } from './supervisor';
import { readScriptEnd, readSupervisorId, wasClaimed } from './supervisor-record';
import type { ScriptEnd } from '../../workload/script-end';

const made: ScratchJob[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((job) => job.clear()));
});

function jobOf(script: string): ScratchJob {
  const job = new ScratchJob(script);
  made.push(job);
  return job;
}

async function run(job: ScratchJob, extra: Record<string, string> = {}): Promise<ScriptEnd | null> {
  const { ended } = await startSupervisor(job.dirs, { ...job.environment, ...extra });
  await ended;
  return readScriptEnd(job.dirs.record);
}

/** Holds the script until the test lets it go on. */
const UNTIL_GO = 'until [ -e go ]; do sleep 0.02; done';

describe('the supervisor', () => {
  it.each([
    ['true', 0],
    ['exit 3', 3],
    ['exit 255', 255],
    ['exit 130', 130],
    ['exit 137', 137],
    ['exec bash -c "exit 7"', 7],
    ['no-such-command', 127],
    ['touch f; ./f', 126],
    ['trap "exit 5" EXIT; exit 9', 5],
  ])('records the exit code of %s', async (script, exitCode) => {
    expect(await run(jobOf(script))).toEqual({ exitCode, signal: null, startError: null });
  });

  it.each([
    ['TERM', 'SIGTERM'],
    ['KILL', 'SIGKILL'],
    ['SEGV', 'SIGSEGV'],
    ['ABRT', 'SIGABRT'],
    ['HUP', 'SIGHUP'],
    ['RTMIN+1', 'SIGRTMIN+1'],
  ])('records that SIG%s ended the script', async (name, signal) => {
    expect(await run(jobOf(`kill -${name} $$`))).toEqual({ exitCode: null, signal, startError: null });
  });

  it('gives the job exactly its environment, whatever the names', async () => {
    const named = { LC_ALL: 'C.UTF-8', LANG: 'C', stat: 's', boot: 'b', run: 'r', REPLY: 'x' };
    const job = jobOf('env > seen');
    await run(job, named);
    const seen = Object.fromEntries(
      job
        .read('seen')
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    const ofBash = { PWD: job.dirs.work, SHLVL: expect.anything() as unknown, _: expect.anything() as unknown };
    expect(seen).toEqual({ ...job.environment, ...named, ...ofBash });
  });

  it('keeps the two streams apart, in files, with nothing to read from', async () => {
    const job = jobOf('echo out; echo err >&2; cat; readlink /proc/self/fd/0');
    expect(await run(job)).toMatchObject({ exitCode: 0 });
    expect([job.read('.orchestrator.stdout'), job.read('.orchestrator.stderr')]).toEqual(['out\n/dev/null\n', 'err\n']);
  });

  it('leaves the job all signals at their defaults', async () => {
    const job = jobOf('grep -E "^Sig(Blk|Ign)" /proc/self/status > seen');
    await run(job);
    expect(job.read('seen').match(/[0-9a-f]{16}/g)).toEqual(['0'.repeat(16), '0'.repeat(16)]);
  });

  it('says why a script could not be started', async () => {
    const job = jobOf('true');
    mkdirSync(job.path('.orchestrator.stdout'));
    expect(await run(job)).toEqual({
      exitCode: 1,
      signal: null,
      startError: expect.stringContaining('s a directory') as unknown,
    });
  });

  it('rejects with the error of the system where no process can be had', async () => {
    const job = jobOf('true');
    rmSync(job.dirs.work, { recursive: true });
    await expect(startSupervisor(job.dirs, job.environment)).rejects.toThrow(/ENOENT/);
  });

  it('runs the job once, however many are started for it', async () => {
    const job = jobOf(`echo ran >> count; ${UNTIL_GO}`);
    const started = await Promise.all([1, 2, 3, 4].map(() => startSupervisor(job.dirs, job.environment)));
    await eventually(() => started.filter(({ supervisorPid }) => isAlive(supervisorPid)).length === 1);
    await eventually(() => job.has('count'));
    const [winner] = started.filter(({ supervisorPid }) => isAlive(supervisorPid));
    expect(readSupervisorId(job.dirs.record)?.pid).toBe(winner!.supervisorPid);
    expect(readScriptEnd(job.dirs.record)).toBeNull();
    job.write('go', '');
    await Promise.all(started.map(({ ended }) => ended));
    expect(job.read('count')).toBe('ran\n');
    expect(readScriptEnd(job.dirs.record)).toMatchObject({ exitCode: 0 });
  });

  it('runs the job in a session of its own, and records its end in spite of signals to itself', async () => {
    const job = jobOf(`echo $$ > pid; ${UNTIL_GO}; exit 4`);
    const { supervisorPid, ended } = await startSupervisor(job.dirs, job.environment);
    const pid = await job.pid('pid');
    const sessions = [process.pid, supervisorPid, pid].map((of) => readProcess(of)?.session);
    expect(new Set(sessions).size).toBe(3);
    expect(sessions.slice(1)).toEqual([supervisorSession(), pid]);
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
      process.kill(supervisorPid, signal);
    }
    expect(isAlive(pid)).toBe(true);
    job.write('go', '');
    await ended;
    expect(readScriptEnd(job.dirs.record)).toEqual({ exitCode: 4, signal: null, startError: null });
  });
});

describe('a restarted executor', () => {
  it('finds a job that was never started', async () => {
    expect(await findSupervisor(jobOf('true').dirs)).toEqual({ state: 'never-started' });
  });

  it('finds a job that has ended, and how', async () => {
    const job = jobOf('exit 6');
    await run(job);
    // Its last word comes a moment before it is gone.
    await eventually(async () => (await findSupervisor(job.dirs)).state === 'over');
    expect(readScriptEnd(job.dirs.record)).toMatchObject({ exitCode: 6 });
  });

  it('adopts what still runs after its predecessor was killed, and sees it end', async () => {
    const job = jobOf(`${UNTIL_GO}; exit 8`);
    const predecessor = TypeScriptChild.start(
      `const [dirs, environment] = args.map((text) => JSON.parse(text));
       const { startSupervisor } = require('./src/executor/process/supervisor');
       say(String((await startSupervisor(dirs, environment)).supervisorPid));
       setInterval(() => {}, 1000);`,
      [JSON.stringify(job.dirs), JSON.stringify(job.environment)],
    );
    const pid = Number(await predecessor.hear());
    await eventually(() => wasClaimed(job.dirs.record));
    await predecessor.kill();
    const found = await findSupervisor(job.dirs);
    expect(found).toMatchObject({ state: 'alive', supervisorPid: pid });
    job.write('go', '');
    await (found.state === 'alive' && found.ended);
    expect(isAlive(pid)).toBe(false);
    expect(readScriptEnd(job.dirs.record)).toMatchObject({ exitCode: 8 });
  });

  it.each([
    ['another start time', (line: string) => line.replace(/^(\d+) \d+/, '$1 1')],
    ['another boot', (line: string) => line.replace(/ [0-9a-f-]{36} /, ' 00000000-0000-0000-0000-000000000000 ')],
    ['a pid that nobody has', (line: string) => line.replace(/^\d+/, '4194305')],
  ])('never takes a process for the supervisor that has %s', async (_, change) => {
    const job = jobOf(UNTIL_GO);
    const { ended } = await startSupervisor(job.dirs, job.environment);
    await eventually(() => readSupervisorId(job.dirs.record));
    const file = job.dirs.record;
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect(await findSupervisor(job.dirs)).toEqual({ state: 'over' });
    job.write('go', '');
    await ended;
  });

  it('takes a supervisor that was lost without a word for over', async () => {
    const job = jobOf(`echo $$ > pid; ${UNTIL_GO}`);
    const { supervisorPid, ended } = await startSupervisor(job.dirs, job.environment);
    await job.pid('pid');
    process.kill(supervisorPid, 'SIGKILL');
    await ended;
    expect(await findSupervisor(job.dirs)).toEqual({ state: 'over' });
    expect(readScriptEnd(job.dirs.record)).toBeNull();
    expect(job.processes()).not.toEqual([]);
  });
});
