import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { describeSlurm, jobsNamed, slurm, startSlurm } from '../../support-slurm/cluster';
import { SlurmServer, TRANSPORTS } from '../../support-slurm/slurm-server';

describeSlurm('a service on a real SLURM cluster', () => {
  beforeAll(() => startSlurm());

  describe.each(TRANSPORTS)('by %s', (transport) => {
    let server: SlurmServer;
    beforeAll(async () => {
      const settings = { PROLOG: 'export FROM_PROLOG="it is here"' };
      server = await SlurmServer.start({ transport, settings });
    });
    afterAll(async () => {
      await server.stop();
    });

    it('gives the results of a job, and clears up behind it', async () => {
      const { pair } = server;
      const files = {
        'run.sh': script('cat in > out; mkdir d; echo deep > d/f; echo said; echo loud >&2'),
        in: 'data',
      };
      const zip = await pair.result(await pair.submit(files));
      expect(zip.text('out')).toBe('data');
      expect(zip.text('d/f')).toBe('deep\n');
      expect(zip.text('.orchestrator.stdout')).toBe('said\n');
      expect(zip.text('.orchestrator.stderr')).toBe('loud\n');
      await eventually(() => server.jobDirectories().length === 0);
    });

    it('shows a job the environment of every backend, what the prolog exports, and nothing of the server', async () => {
      const { pair } = server;
      const id = await pair.submit(script('env -0 | tr "\\0" "\\n" > env; pwd > pwd; echo "$HOME $TMPDIR" > dirs'));
      const zip = await pair.result(id);
      const names = zip
        .text('env')
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('=')[0]!);
      const own = names.filter((name) => !/^(SLURM|SLURMD)_/.test(name)).sort();
      expect(own.filter((name) => !['_', 'LANG', 'SHLVL', 'PWD'].includes(name))).toEqual(
        ['FROM_PROLOG', 'HOME', 'JOB_ID', 'JOB_KEY', 'PATH', 'TMPDIR', 'USER'].sort(),
      );
      expect(zip.text('env')).toContain('FROM_PROLOG=it is here\n');
      expect(zip.text('env')).toContain(`JOB_ID=${id}\n`);
      expect(names).not.toContain('SLURM_JWT');
      const work = zip.text('pwd').trim();
      expect(zip.text('dirs').trim()).toBe(`${work.replace(/work$/, 'home')} ${work.replace(/work$/, 'tmp')}`);
    });

    it('tells how a script ended, and keeps its files', async () => {
      const { pair } = server;
      const ends = {
        'exit 7': { exit_code: 7, signal: null, message: 'exit code 7' },
        'kill -9 $$': { exit_code: null, signal: 'SIGKILL', message: 'killed by signal SIGKILL' },
        'no-such-command-here': { exit_code: 127, message: 'exit code 127 (a command was not found)' },
        'exit 143': { exit_code: 143, signal: null, message: 'exit code 143' },
      };
      await Promise.all(
        Object.entries(ends).map(async ([commands, end]) => {
          const id = await pair.submit(script(`echo left > behind; ${commands}`));
          expect(await pair.waitFor(id, 'Failed')).toMatchObject(end);
          expect((await pair.partial(id)).text('behind')).toBe('left\n');
        }),
      );
    });

    it('refuses a script by the filter, with the reason, and never gives it to SLURM', async () => {
      const { pair } = server;
      const id = await pair.submit(script('sudo reboot'));
      const { message } = await pair.waitFor(id, 'Invalid');
      expect(message).toMatch(
        /^run\.sh, line \d+: refused by the script filter's rule "sudo".*SERVICE_EXAMPLE_SLURM_SCRIPT_FILTER_ALLOW=sudo$/,
      );
      await eventually(() => server.jobDirectories().length === 0);
    });

    it('mends line ends and says so', async () => {
      const { pair } = server;
      const id = await pair.submit({ 'run.sh': 'echo a > b\r\nexit 0\r\n' });
      expect((await pair.waitFor(id, 'Completed')).message).toMatch(/Windows line ends/);
      const mixed = await pair.submit('#!/bin/bash\nexit 3\n: \r\n');
      expect((await pair.waitFor(mixed, 'Failed')).message).toBe(
        'exit code 3 (some lines of run.sh have Windows line ends (CRLF))',
      );
    });

    it('reads nothing of the server for a job that puts links and FIFOs in the place of its records', async () => {
      const { pair } = server;
      const traps = [
        'for f in ../note ../run/note ../run/overtime; do ln -sf /proc/self/environ $f; done',
        'rm -f ../run/output ../run/prolog; mkfifo ../run/output ../run/prolog',
      ];
      // Not in run.sh, where the script filter would find them.
      const files = (commands: string) => ({ traps: traps.join('\n'), 'run.sh': script(`. ./traps; ${commands}`) });
      const id = await pair.submit(files('echo done > out'));
      expect((await pair.waitFor(id, 'Completed')).message).toBe('');
      expect((await pair.result(id)).text('out')).toBe('done\n');
      const failing = await pair.submit(files('exit 3'));
      expect((await pair.waitFor(failing, 'Failed')).message).toBe('exit code 3');
    });

    it('ends a job that runs, with all its processes, and gives what it left', async () => {
      const { pair } = server;
      const id = await pair.submit(script('echo begun > mark; (sleep 300 &); sleep 300'));
      await pair.waitFor(id, 'Running');
      await eventually(async () => (await pair.partial(id)).has('mark'));
      expect((await pair.terminate(id)).status).toBe(200);
      expect(await pair.job(id)).toMatchObject({ status: 'Killed', message: 'terminated on request' });
      await eventually(async () => (await pair.partial(id)).text('mark') === 'begun\n');
    });

    it('gives what a job has made so far, and then the whole', async () => {
      const { pair } = server;
      const go = join(pair.shared, 'go');
      const id = await pair.submit(script(`echo one > a; until [ -e ${go} ]; do sleep 0.1; done; echo two > b`));
      const partial = await eventually(async () => {
        const zip = await pair.partial(id);
        return zip.has('a') && zip;
      });
      expect([partial.text('a'), partial.has('b')]).toEqual(['one\n', false]);
      writeFileSync(go, '');
      const zip = await pair.result(id);
      expect([zip.text('a'), zip.text('b')]).toEqual(['one\n', 'two\n']);
      rmSync(go);
    });

    it('ends a job that ignores SIGTERM after KillWait', async () => {
      const { pair } = server;
      const id = await pair.submit(script('trap "" TERM; echo begun > mark; while :; do sleep 1; done'));
      await pair.waitFor(id, 'Running');
      await eventually(async () => (await pair.partial(id)).has('mark'));
      expect((await pair.terminate(id)).status).toBe(200);
      expect(await pair.job(id)).toMatchObject({ status: 'Killed' });
    });

    it('says why a job waits in SLURM, and ends it there', async () => {
      const { pair } = server;
      slurm('scontrol', 'update', 'PartitionName=main', 'State=DOWN');
      try {
        const id = await pair.submit(script('echo never'));
        const { message } = await eventually(async () => {
          const job = await pair.job(id);
          return job.message.includes('PartitionDown') && job;
        });
        expect(message).toBe('SLURM: pending (PartitionDown)');
        expect((await pair.terminate(id)).status).toBe(200);
        expect((await pair.job(id)).status).toBe('Killed');
      } finally {
        slurm('scontrol', 'update', 'PartitionName=main', 'State=UP');
      }
    });

    it('says that a job is suspended, and no longer when it goes on', async () => {
      const { pair } = server;
      const id = await pair.submit(script('echo $SLURM_JOB_ID > id; sleep 4'));
      await pair.waitFor(id, 'Running');
      const jobId = await eventually(async () => (await pair.partial(id)).text('id').trim());
      slurm('scontrol', 'suspend', jobId);
      await eventually(async () => (await pair.job(id)).message.startsWith('SLURM: suspended'));
      expect((await pair.job(id)).status).toBe('Running');
      slurm('scontrol', 'resume', jobId);
      await eventually(async () => (await pair.job(id)).message === '');
      await pair.waitFor(id, 'Completed');
    });

    it('says that a job was cancelled at the cluster', async () => {
      const { pair } = server;
      const id = await pair.submit(script('sleep 300'));
      await pair.waitFor(id, 'Running');
      const [key] = readdirSync(join(server.root, 'work')).filter((name) =>
        jobsNamed(`jo-${name}`).some((job) => job.endsWith('RUNNING')),
      );
      slurm('scancel', `--name=jo-${key!}`);
      expect(await pair.waitFor(id, 'Killed')).toMatchObject({ message: 'cancelled in SLURM' });
    });
  });
});
