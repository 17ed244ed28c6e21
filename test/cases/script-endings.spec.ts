import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { isAlive } from '../support/processes';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { ZipContents } from '../support/zip';
import { expectNowhere } from '../support-jobs/leftovers';
import { uniqueSleep, untilGone, untilRunning } from '../support-jobs/processes';

describe('how a script ends', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ client: { KILL_GRACE: '2' } });
  });
  afterAll(() => pair.stop());

  /** A file in the shared directory that does not exist yet. */
  const shared = (name: string) => join(pair.shared, name);

  it('case 16: a daemon that a job leaves behind is ended with the job', async () => {
    const nap = uniqueSleep(300);
    const pidFile = shared('d16.pid');
    const daemon = `setsid nohup bash -c "echo \\$\\$ > ${pidFile}; ${nap}; true" >/dev/null 2>&1 &`;
    const id = await pair.submit(script(`${daemon}\nuntil [ -s ${pidFile} ]; do sleep 0.1; done\nexit 0\n`));
    expect((await ended(pair, id)).status).toBe('Completed');
    await untilGone(nap);
    await eventually(() => !isAlive(Number(readFileSync(pidFile, 'utf8'))), { timeoutMs: 15_000 });
  });

  it('case 16: a daemon is ended when its job is terminated', async () => {
    const [nap, front] = [uniqueSleep(300), uniqueSleep(60)];
    const pidFile = shared('d16t.pid');
    const daemon = `setsid nohup bash -c "echo \\$\\$ > ${pidFile}; ${nap}; true" >/dev/null 2>&1 &`;
    const id = await pair.submit(script(`${daemon}\n${front}\n`));
    await untilRunning(nap);
    await untilRunning(front);
    expect((await pair.terminate(id)).status).toBe(200);
    expect((await pair.job(id)).status).toBe('Killed');
    await untilGone(nap);
    await untilGone(front);
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  it.each([
    ['in the background of the shell', (nap: string) => `${nap} &`],
    ['forked twice, its parent gone', (nap: string) => `( ( setsid ${nap} & ) & )`],
    ['in another directory', (nap: string) => `( cd /; exec setsid ${nap} ) &`],
    ['deaf to SIGTERM', (nap: string) => `( trap "" TERM HUP; exec setsid ${nap} ) &`],
    ['holding the log files open', (nap: string) => `setsid nohup ${nap} &`],
  ])('case 16: a process left %s does not outlive its job, nor delay its end', async (_, leave) => {
    const nap = uniqueSleep(300);
    const gate = shared(`gate-${nap}`);
    const id = await pair.submit(script(`${leave(nap)}\nuntil [ -e '${gate}' ]; do sleep 0.1; done\n`));
    await untilRunning(nap);
    writeFileSync(gate, '');
    expect((await ended(pair, id)).status).toBe('Completed');
    await untilGone(nap);
  });

  it('case 17: a script that replaces itself with exec is Completed', async () => {
    expect((await ended(pair, await pair.submit(script('exec sleep 1\n')))).status).toBe('Completed');
  });

  it('case 17: a script that a signal ends is Failed and the message names the signal', async () => {
    const job = await ended(pair, await pair.submit(script('kill -9 $$\n')));
    expect(job).toMatchObject({ status: 'Failed', signal: 'SIGKILL', exit_code: null });
    expect(job.message).toContain('SIGKILL');
  });

  it('case 17: a script that ends in another directory is Completed', async () => {
    const strayExit = '/tmp/.orchestrator.exit'; // the trap line writes it there
    try {
      expect((await ended(pair, await pair.submit(script('cd /tmp; exit 0\n')))).status).toBe('Completed');
    } finally {
      rmSync(strayExit, { force: true });
    }
  });

  it('case 17: a script that exits with 3 is Failed and the message says so', async () => {
    const job = await ended(pair, await pair.submit(script('exit 3\n')));
    expect(job).toMatchObject({ status: 'Failed', exit_code: 3, signal: null });
    expect(job.message).toContain('exit code 3');
  });

  it.each(['SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGHUP', 'SIGXCPU'])(
    'case 17: a script that ends by %s is told from one that exits',
    async (signal) => {
      const job = await ended(pair, await pair.submit(`kill -${signal.slice(3)} $$; sleep 5\n`));
      expect(job).toMatchObject({ status: 'Failed', signal, exit_code: null });
      expect(job.message).toContain(signal);
    },
  );

  it.each([
    ['exec of a program that fails', 'exec bash -c "exit 41"', 41],
    ['exec of a program that is not there', 'exec /nonexistent/program', 127],
    ['a syntax error', 'if true; then', 2],
    ['the largest code', 'exit 255', 255],
    ['a code above 128 that no signal caused', 'exit 137', 137],
    ['set -e', 'set -e; false; exit 0', 1],
    ['an exit file that lies', 'trap - EXIT; echo 0 > .orchestrator.exit; exit 5', 5],
  ])('case 17: %s ends the job with its own exit code', async (_, body, code) => {
    const job = await ended(pair, await pair.submit(script(`${body}\n`)));
    expect(job).toMatchObject({ status: 'Failed', exit_code: code, signal: null });
    expect(job.message).toContain(`exit code ${code}`);
  });

  it.each([
    ['SIGPIPE', 141],
    ['SIGINT', 130],
  ])('case 17: %s, of which a shell says nothing, is named or its code is', async (signal, code) => {
    const job = await ended(pair, await pair.submit(`kill -${signal.slice(3)} $$; sleep 5\n`));
    expect(job.status).toBe('Failed');
    expect(job.message).toMatch(new RegExp(`${signal}|exit code ${code}`));
  });

  it('case 17: a script that hands on the code of a killed command is Failed and the message says which', async () => {
    const job = await ended(pair, await pair.submit(script('bash -c "kill -9 \\$\\$"\nexit $?\n')));
    expect(job.status).toBe('Failed');
    expect(job.message).toMatch(/137|SIGKILL/);
  });

  it('case 20: a command that reads stdin finds its end at once', async () => {
    const zip = await pair.result(await pair.submit(script('read -r x; echo "got:[$x]" > out; cat > rest\n')));
    expect(zip.text('out')).toBe('got:[]\n');
    expect(zip.text('rest')).toBe('');
  });

  /** No answer about this job may be a 500, and the executor must go on. */
  async function expectResultsGone(id: number): Promise<void> {
    const job = await ended(pair, id);
    expect(job.message).toMatch(/gone|deleted|removed|missing|disappeared|no longer/i);
    const download = await pair.get(`/download/${id}`);
    expect([200, 404, 410]).toContain(download.status);
    expect([200, 404, 410]).toContain((await pair.get(`/download_partial/${id}`)).status);
    const next = await pair.result(await pair.submit(script('echo next > out\n')));
    expect(next.text('out')).toBe('next\n');
  }

  it('case 21: a job that deletes its working directory ends with a message that the results are gone', async () => {
    await expectResultsGone(await pair.submit(script('d=$PWD; cd /; find "$d" -delete; exit 0\n')));
  });

  it('case 21: so does a job that moves its working directory away', async () => {
    await expectResultsGone(await pair.submit(script(`mv "$PWD" ${shared('moved21')}; exit 0\n`)));
  });

  it('case 21: a working directory that has become a link gives away nothing of where it leads', async () => {
    const secret = `secret-${process.pid}-21`;
    mkdirSync(shared('other21'));
    writeFileSync(shared('other21/file'), secret);
    const replace = `d=$PWD; cd /; find "$d" -delete; ln -s ${shared('other21')} "$d"; exit 0\n`;
    const id = await pair.submit(script(replace));
    await ended(pair, id);
    for (const path of ['download', 'download_partial']) {
      const answer = await pair.get(`/${path}/${id}`);
      if (answer.isZip) expectNowhere(await ZipContents.read(answer.body), secret);
    }
    await expectResultsGone(id);
    expect(existsSync(shared('other21/file'))).toBe(true);
  });

  it('case 22: output that is not UTF-8 leaves the answer valid and the logs exact', async () => {
    const body = String.raw`printf '\xff\xfe\x80 binary \x00 end' ; printf 'a\xe9b\n' >&2 ; exit 4`;
    const id = await pair.submit(script(`${body}\n`));
    expect(await ended(pair, id)).toMatchObject({ status: 'Failed', exit_code: 4 });
    const download = await pair.get(`/download/${id}`);
    expect(download.status).toBe(200);
    expect(download.json()).toMatchObject({ id, status: 'Failed' });
    expect(download.json<{ message: string }>().message).toContain('exit code 4');
    const partial = await pair.partial(id);
    expect(partial.bytes('.orchestrator.stdout')).toEqual(Buffer.from('\xff\xfe\x80 binary \x00 end', 'latin1'));
    expect(partial.bytes('.orchestrator.stderr')).toEqual(Buffer.from('a\xe9b\n', 'latin1'));
  });
});
