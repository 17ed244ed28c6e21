import { isAlive } from '../../../test/support/processes';
import { ScratchJob } from '../../../test/support-units/scratch-job';
import { ProcessEnder } from './process-ender.service';
import { startSupervisor } from './supervisor';
import { readScriptEnd } from './supervisor-record';

const LONG_GRACE_MS = 30_000;

const ender = new ProcessEnder();
const made: ScratchJob[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((job) => job.clear()));
});

/** Starts the script and waits until it has written its file `pid`. */
async function start(script: string) {
  const job = new ScratchJob(script);
  made.push(job);
  const running = await startSupervisor(job.dirs, job.environment);
  const pid = await job.pid('pid');
  return { job, pid, ...running, mark: job.mark(running.supervisorPid) };
}

describe('ProcessEnder', () => {
  it('lets a script that heeds SIGTERM end itself, and the supervisor record how', async () => {
    const { job, mark, ended, supervisorPid } = await start(
      'trap "exit 5" TERM; echo $$ > pid; while :; do sleep 0.05; done',
    );
    await ender.end(mark, LONG_GRACE_MS);
    await ended;
    expect(readScriptEnd(job.dirs.record)).toEqual({ exitCode: 5, signal: null, startError: null });
    expect(job.processes(supervisorPid)).toEqual([]);
  });

  it('kills what ignores SIGTERM once the grace is over, and not before', async () => {
    const { job, mark, ended } = await start('trap "" TERM; echo $$ > pid; while :; do sleep 0.05; done');
    const began = performance.now();
    await ender.end(mark, 300);
    expect(performance.now() - began).toBeGreaterThanOrEqual(290);
    await ended;
    expect(readScriptEnd(job.dirs.record)).toEqual({ exitCode: null, signal: 'SIGKILL', startError: null });
  });

  it('ends daemonised and stubborn children, with no process left when it resolves', async () => {
    const stubborn = `bash -c 'trap "" TERM; while :; do sleep 0.05; done'`;
    const { job, mark, supervisorPid } = await start(
      `setsid nohup ${stubborn} >/dev/null 2>&1 & ( setsid ${stubborn} & )
       env -i PATH="$PATH" setsid bash -c "echo \\$\\$ > pid; exec sleep 60" & wait`,
    );
    expect(job.processes(supervisorPid).length).toBeGreaterThanOrEqual(4);
    expect(await ender.end(mark, 200)).toBe(0);
    expect(job.processes(supervisorPid)).toEqual([]);
  });

  it('ends children that are started while it is at work', async () => {
    const { job, mark, supervisorPid } = await start(
      'trap "setsid sleep 60 & setsid sleep 61 & exit 3" TERM; echo $$ > pid; while :; do sleep 0.05; done',
    );
    await ender.end(mark, LONG_GRACE_MS);
    expect(job.processes(supervisorPid)).toEqual([]);
  });

  it('never ends the supervisor', async () => {
    const { mark, supervisorPid, pid } = await start('echo $$ > pid; sleep 60');
    process.kill(supervisorPid, 'SIGSTOP'); // else it ends by itself
    await ender.end(mark, 200);
    expect([isAlive(pid), isAlive(supervisorPid)]).toEqual([false, true]);
    process.kill(supervisorPid, 'SIGCONT');
  });

  it('has nothing to do for a job without processes, again and again', async () => {
    const job = new ScratchJob('true');
    made.push(job);
    expect([await ender.end(job.mark(), 100), await ender.end(job.mark(), 100)]).toEqual([0, 0]);
  });

  it('answers all who ask at once, each for its own job', async () => {
    const jobs = await Promise.all([1, 2, 3].map(() => start('echo $$ > pid; sleep 60')));
    const found = await Promise.all(jobs.map(({ mark }) => ender.find(mark)));
    jobs.forEach(({ pid }, at) => expect(found[at]!.map((entry) => entry.pid)).toContain(pid));
    await Promise.all(jobs.map(({ mark }) => ender.end(mark, 200)));
    expect(jobs.flatMap(({ job, supervisorPid }) => job.processes(supervisorPid))).toEqual([]);
  });
});
