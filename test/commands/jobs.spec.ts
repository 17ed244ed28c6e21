import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliOptions, type CliResult, jsonOf, runCli, RunningCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { PlainServer } from '../support/plain-server';
import { script } from '../support/script';
import { ZipContents } from '../support/zip';

interface State {
  id: number;
  status: string;
  message: string;
}

describe('the commands for jobs', () => {
  let pair: Pair;
  let directory: string;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-cli-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const run = (args: string[], options: CliOptions = {}): Promise<CliResult> =>
    runCli(args, { cwd: directory, env: { JOB_ORCHESTRATOR_URL: pair.server.url }, ...options });
  const start = (args: string[]): RunningCli =>
    RunningCli.start(args, { cwd: directory, env: { JOB_ORCHESTRATOR_URL: pair.server.url } });
  const submit = (...args: string[]) => run(['submit', 'job', '--service', 'example', '--user', '7', ...args]);

  /** A directory `job` with these files. */
  function makeJob(files: Record<string, string | Buffer>): void {
    mkdirSync(join(directory, 'job'), { recursive: true });
    Object.entries(files).forEach(([name, content]) => writeFileSync(join(directory, 'job', name), content));
  }

  describe('submit', () => {
    it('uploads the files of a directory, waits for the end and saves the results', async () => {
      makeJob({ 'run.sh': script('cat "a \\"file\\" é.txt" > out.txt'), 'a "file" é.txt': 'content\n' });
      const result = await submit('--output', 'results.zip', '--json');
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(jsonOf(result)).toMatchObject({ status: 'Completed', output: 'results.zip' });
      const zip = await ZipContents.read(join(directory, 'results.zip'));
      expect(zip.text('out.txt')).toBe('content\n');
      expect(readdirSync(directory).sort()).toEqual(['job', 'results.zip']);
    });

    it('without waiting returns at once, and prints nothing but the id with --quiet', async () => {
      makeJob({ 'run.sh': script('true') });
      const { code, stdout, stderr } = await submit('--quiet');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await pair.job(Number(stdout))).toMatchObject({ user_id: 7, service: 'example' });
    });

    it('takes single files as well, each under its own name', async () => {
      makeJob({ 'run.sh': script('cat in.txt > out.txt') });
      writeFileSync(join(directory, 'in.txt'), 'from beside\n');
      const args = ['submit', 'job/run.sh', 'in.txt', '-s', 'example', '-u', '7', '-q', '--wait'];
      const { code, stdout } = await run(args);
      expect(code).toBe(0);
      expect((await pair.result(Number(stdout))).text('out.txt')).toBe('from beside\n');
    });

    it('ends with 1 when the job fails, says why, and where its files are', async () => {
      makeJob({ 'run.sh': script('exit 3') });
      const { code, stdout, stderr } = await submit('--wait', '--output', '.');
      expect(code).toBe(1);
      expect(stdout).toMatch(/^job \d+: Failed, exit code 3$/m);
      expect(stderr).toMatch(/job-orchestrator download \d+ --partial/);
      expect(readdirSync(directory)).toEqual(['job']);
    });

    it('gives the same job for a repeat with the same --key', async () => {
      makeJob({ 'run.sh': script('true') });
      const first = await submit('--key', 'order-1', '--quiet');
      expect(await submit('--key', 'order-1', '--quiet')).toEqual(first);
    });

    it('streams: a job of 200 MB does not grow it', async () => {
      makeJob({ 'run.sh': script('true'), big: Buffer.alloc(200_000_000, 'x') });
      const running = start(['submit', 'job', '-s', 'example', '-u', '7', '-q']);
      let peak = 0;
      const watch = setInterval(() => (peak = Math.max(peak, peakOf(running.pid))), 20);
      const { code, stdout } = await running.result();
      clearInterval(watch);
      expect(code).toBe(0);
      expect(peak).toBeGreaterThan(20_000_000);
      expect(peak).toBeLessThan(180_000_000);
      await pair.waitFor(Number(stdout), 'Completed');
    });

    const refusals: [string, Record<string, string>, string[], number, RegExp][] = [
      [
        'a service that is not there',
        { 'run.sh': 'true\n' },
        ['--service', 'nope'],
        6,
        /Invalid service.*job-orchestrator services/,
      ],
      ['a user that is no number', { 'run.sh': 'true\n' }, ['--user', 'me'], 2, /--user me: must be a whole number/],
      ['a time to wait without waiting', { 'run.sh': 'true\n' }, ['--timeout', '5'], 2, /--wait or --output/],
      ['files without run.sh', { 'other.sh': 'true\n' }, [], 2, /no run.sh/],
      [
        'an output in a directory that is not there',
        { 'run.sh': 'true\n' },
        ['-o', 'no/where.zip'],
        2,
        /no directory no/,
      ],
      ['an output that is there', { 'run.sh': 'true\n' }, ['-o', 'job/run.sh'], 2, /--force/],
    ];
    it.each(refusals)('refuses %s', async (_what, files, further, code, text) => {
      makeJob(files);
      const args = ['submit', 'job', ...further];
      const complete = ['--service', '--user'].flatMap((name) =>
        further.includes(name) ? [] : [name, name === '--user' ? '7' : 'example'],
      );
      const result = await run([...args, ...complete]);
      expect(result).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toMatch(text);
    });

    it('refuses a directory within a directory, two files of one name, and a file that is not there', async () => {
      makeJob({ 'run.sh': 'true\n', a: '' });
      writeFileSync(join(directory, 'a'), '');
      expect((await submit('a')).stderr).toMatch(/a and a|one name, a/);
      expect((await submit('nothing')).stderr).toMatch(/there is no file nothing/);
      mkdirSync(join(directory, 'job', 'inner'));
      const { code, stderr } = await submit();
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(/job\/inner is a directory/) as string,
      });
    });

    it('leaves the logs of an earlier run out, and says so', async () => {
      makeJob({ 'run.sh': script('true'), '.orchestrator.stdout': 'old' });
      const { code, stderr } = await submit();
      expect(code).toBe(0);
      expect(stderr).toMatch(/left out: job\/\.orchestrator\.stdout/);
    });

    it('tells on Ctrl-C which job goes on and how to go on with it', async () => {
      makeJob({ 'run.sh': script('sleep 30') });
      const running = start(['submit', 'job', '-s', 'example', '-u', '7', '--wait']);
      await running.says(/job \d+ was accepted/);
      running.interrupt();
      const { code, stderr } = await running.result();
      expect(code).toBe(130);
      const id = Number(/job (\d+) goes on/.exec(stderr)?.[1]);
      expect(stderr).toContain(`job-orchestrator wait ${id}`);
      expect((await pair.job(id)).status).not.toBe('Killed');
      expect((await run(['terminate', String(id)])).code).toBe(0);
    });
  });

  describe('status, wait, download and terminate', () => {
    it('status tells all of a job, for people and as JSON', async () => {
      const id = await pair.submit(script('exit 3'), { user: 42 });
      await pair.waitFor(id, 'Failed');
      const { code, stdout } = await run(['status', String(id)]);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^job ${id}: Failed, exit code 3\n {2}service +example\n {2}user_id +42\n`));
      expect(jsonOf(await run(['status', String(id), '--json']))).toEqual(await pair.job(id));
    });

    it('wait returns when the job ends, and its exit code says how', async () => {
      const { id, release } = await heldJob(pair);
      const waiting = start(['wait', String(id), '--json']);
      release();
      const result = await waiting.result();
      expect(result.code).toBe(0);
      expect(jsonOf(result)).toMatchObject({ id, status: 'Completed' });
      const failing = await pair.submit(script('exit 3'));
      expect(await run(['wait', String(failing)])).toMatchObject({
        code: 1,
        stdout: `job ${failing}: Failed, exit code 3\n`,
      });
    });

    it('wait --timeout ends with 5 while the job goes on', async () => {
      const { id, release } = await heldJob(pair);
      const { code, stderr } = await run(['wait', String(id), '--timeout', '0.5']);
      expect(code).toBe(5);
      expect(stderr).toMatch(/Running.*time to wait is over/);
      release();
      await pair.waitFor(id, 'Completed');
    });

    it('download says of a job that has no result yet, or never will, what can be done', async () => {
      const { id, release } = await heldJob(pair);
      const early = await run(['download', String(id)]);
      expect(early.code).toBe(5);
      expect(early.stderr).toMatch(new RegExp(`Running.*job-orchestrator wait ${id}.*--partial`));
      const partial = await run(['download', String(id), '--partial', '--json']);
      expect(jsonOf(partial)).toMatchObject({ id, output: `job-${id}.partial.zip` });
      const zip = await ZipContents.read(join(directory, `job-${id}.partial.zip`));
      expect(zip.text('out')).toBe('half\n');
      release();
      const failed = await pair.submit(script('exit 3'));
      await pair.waitFor(failed, 'Failed');
      expect(await run(['download', String(failed)])).toMatchObject({ code: 1, stdout: '' });
    });

    it('download replaces a file only with --force', async () => {
      const id = await pair.submit(script('echo new > out.txt'));
      await pair.waitFor(id, 'Completed');
      const file = join(directory, 'r.zip');
      writeFileSync(file, 'precious');
      expect((await run(['download', String(id), '-o', 'r.zip'])).code).toBe(2);
      expect((await run(['download', String(id), '-o', 'r.zip', '--force'])).code).toBe(0);
      expect((await ZipContents.read(file)).text('out.txt')).toBe('new\n');
    });

    it('terminate ends a job; one that has ended by itself is told by 6', async () => {
      const { id } = await heldJob(pair);
      expect(await run(['terminate', String(id)])).toMatchObject({
        code: 0,
        stdout: `job ${id}: Killed, job terminated\n`,
      });
      const ended = await pair.submit(script('true'));
      await pair.waitFor(ended, 'Completed');
      expect((await run(['terminate', String(ended)])).code).toBe(6);
    });

    it.each(['status', 'wait', 'download', 'terminate'])(
      '%s ends with 4 for a job that is not there',
      async (command) => {
        const result = await run([command, '987654', '--json']);
        expect(result.code).toBe(4);
        expect(jsonOf(result)).toMatchObject({ error: { code: 'unknown-job', exit_code: 4 } });
      },
    );
  });

  describe('a server that has only what the Rust program has', () => {
    let plain: PlainServer;
    beforeEach(async () => {
      plain = await PlainServer.start(pair.server.url);
    });
    afterEach(() => plain.stop());

    it('is waited for by asking now and then', async () => {
      const { id, release } = await heldJob(pair);
      const waiting = start(['wait', String(id), '--server', plain.url, '--json']);
      await eventually(() => plain.seen.length >= 5);
      release();
      const result = await waiting.result();
      expect(jsonOf<State>(result)).toEqual({ id, status: 'Completed', message: '' });
      // The first question is not followed by a pause, and the last is when it has ended.
      const pauses = plain.times.slice(2).map((time, at) => time - plain.times[at + 1]!);
      expect(Math.min(...pauses)).toBeGreaterThan(200);
    });

    it('is asked for a status by the route that it has; services it can not list', async () => {
      const id = await pair.submit(script('exit 3'));
      await pair.waitFor(id, 'Failed');
      const status = await run(['status', String(id), '--server', plain.url]);
      expect(status).toMatchObject({ code: 0, stdout: `job ${id}: Failed, exit code 3\n` });
      expect((await run(['status', '987654', '--server', plain.url])).code).toBe(4);
      expect(await run(['services', '--server', plain.url])).toMatchObject({ code: 6 });
    });

    it('takes a job and gives its results', async () => {
      makeJob({ 'run.sh': script('echo here > out.txt') });
      const result = await submit('--server', plain.url, '-o', 'r.zip', '--json');
      expect(result.code).toBe(0);
      expect((await ZipContents.read(join(directory, 'r.zip'))).text('out.txt')).toBe('here\n');
      expect(existsSync(join(directory, 'r.zip.part'))).toBe(false);
    });
  });
});

function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
