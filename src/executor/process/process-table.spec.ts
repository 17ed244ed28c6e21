import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { isAlive } from '../../../test/support/processes';
import { eventually } from '../../../test/support/eventually';
import { ScratchJob } from '../../../test/support-units/scratch-job';
import { readProcess, signalProcess } from './process-entry';
import { findJobProcesses } from './process-table';
import { startSupervisor } from './supervisor';

const made: ScratchJob[] = [];
const strangers: ChildProcess[] = [];
afterEach(async () => {
  strangers.splice(0).forEach((child) => child.kill('SIGKILL'));
  await Promise.all(made.splice(0).map((job) => job.clear()));
});

async function start(script: string) {
  const job = new ScratchJob(script);
  made.push(job);
  return { job, ...(await startSupervisor(job.dirs, job.environment)) };
}

/** A process that is no job's. */
function stranger(cwd: string, detached: boolean): number {
  const child = spawn('sleep', ['60'], { cwd, detached, stdio: 'ignore' });
  strangers.push(child);
  return child.pid!;
}

/** What a script may do to get out of sight; each writes the pid of a process that stays. */
const HIDING = {
  'in the background': 'sleep 60 & echo $! > pid',
  'daemonised by setsid and nohup': 'setsid nohup bash -c "echo \\$\\$ > pid; exec sleep 60" >/dev/null 2>&1 &',
  'daemonised by a double fork, elsewhere': '( setsid bash -c "cd /; sleep 60 & echo \\$! > $PWD/pid" & )',
  'without its environment, in the directory': 'env -i setsid bash -c "echo \\$\\$ > pid; exec /bin/sleep 60" &',
  'without its environment, below the directory':
    'mkdir deep; (cd deep; exec env -i setsid bash -c "echo \\$\\$ > ../pid; exec /bin/sleep 60") &',
  "without its environment, elsewhere, in the job's session": '( (cd /; exec env -i sleep 60) & echo $! > pid )',
  'without its environment, elsewhere, in a session of its own, as a child':
    'here=$PWD; (cd /; exec env -i here="$here" setsid bash -c "echo \\$\\$ > \\$here/pid; exec sleep 60") & wait',
};

describe('findJobProcesses', () => {
  it.each(Object.entries(HIDING))('finds a process %s', async (_, script) => {
    const { job, supervisorPid } = await start(`${script}\nsleep 60`);
    const pid = await job.pid('pid');
    const found = job.processes(supervisorPid).map((entry) => entry.pid);
    expect(found).toContain(pid);
    expect(found).not.toContain(supervisorPid);
    expect(found).not.toContain(process.pid);
  });

  it.each(Object.entries(HIDING).slice(0, 5))('finds a process %s when the script has ended', async (_, script) => {
    const { job, ended, supervisorPid } = await start(script);
    const pid = await job.pid('pid');
    await ended;
    expect(job.processes(supervisorPid).map((entry) => entry.pid)).toEqual([pid]);
  });

  it('finds each job its own, in one look', async () => {
    const script = 'sleep 60 & echo $! > pid; wait';
    const jobs = [await start(script), await start(script)];
    const pids = await Promise.all(jobs.map(({ job }) => job.pid('pid')));
    const marks = jobs.map(({ job, supervisorPid }) => job.mark(supervisorPid));
    const [first, second] = findJobProcesses(marks).map((found) => found.map((entry) => entry.pid));
    expect([first!.includes(pids[0]!), second!.includes(pids[1]!)]).toEqual([true, true]);
    expect(first!.filter((pid) => second!.includes(pid))).toEqual([]);
    expect(findJobProcesses([])).toEqual([]);
  });

  it('finds nobody whose directory only has a name that begins alike, and no zombie', async () => {
    const { job, ended, supervisorPid } = await start('true');
    await ended;
    const alike = `${job.loc}x`;
    mkdirSync(alike);
    stranger(alike, true);
    expect(job.processes(supervisorPid)).toEqual([]);
    rmSync(alike, { recursive: true });
  });

  it("leaves this process's own session alone, also one of it that stands in the job's directory", async () => {
    const { job, ended, supervisorPid } = await start('true');
    await ended;
    const inside = stranger(job.loc, false);
    const detached = stranger(job.loc, true);
    await eventually(() => job.processes(supervisorPid).length > 0);
    expect(job.processes(supervisorPid).map((entry) => entry.pid)).toEqual([detached]);
    expect(isAlive(inside)).toBe(true);
  });
});

describe('readProcess', () => {
  it('reads parent, session and start time whatever the name of the command', async () => {
    const { job, supervisorPid } = await start(
      'cp "$(command -v sleep)" "./a) S 1 (b"; "./a) S 1 (b" 60 & echo $! > pid; wait',
    );
    const pid = await job.pid('pid');
    await eventually(() => readProcess(pid)?.session === readProcess(readProcess(pid)!.parent)?.pid);
    expect(readProcess(readProcess(pid)!.parent)?.parent).toBe(supervisorPid);
    expect(readProcess(pid)!.startTime).toMatch(/^\d+$/);
    expect(readProcess(4_194_305)).toBeNull();
  });
});

describe('signalProcess', () => {
  it('signals the process that was seen, and no other of the same pid', async () => {
    const pid = stranger('/', true);
    const entry = await eventually(() => readProcess(pid));
    signalProcess({ ...entry, startTime: '1' }, 'SIGKILL');
    expect(isAlive(pid)).toBe(true);
    signalProcess(entry, 'SIGKILL');
    await eventually(() => !isAlive(pid));
    signalProcess(entry, 'SIGKILL');
  });
});
