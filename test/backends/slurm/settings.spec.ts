import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { Program } from '../../support/program';
import { script } from '../../support/script';
import { describeSlurm, slurm, startSlurm } from '../../support-slurm/cluster';
import { SlurmServer, slurmVariables, type Transport } from '../../support-slurm/slurm-server';

jest.setTimeout(240_000);

describeSlurm('the settings of a service on SLURM', () => {
  beforeAll(() => startSlurm());

  it.each<Transport>(['cli', 'rest'])(
    'with a partition that is not there fail the job at once, in the words of SLURM (by %s)',
    async (transport) => {
      const server = await SlurmServer.start({ transport, settings: { PARTITION: 'nosuch' } });
      try {
        const id = await server.pair.submit(script('true'));
        const { message } = await server.pair.waitFor(id, 'Failed');
        expect(message).toMatch(/^SLURM: .*Invalid partition name specified$/);
        expect(server.jobDirectories()).toEqual([]);
      } finally {
        await server.stop();
      }
    },
  );

  it.each<Transport>(['cli', 'rest'])('reach SLURM: time, CPUs, memory, options (by %s)', async (transport) => {
    const settings = { PARTITION: 'main', WALLTIME: '90', CPUS: '3', MEMORY: '30', OPTIONS: '--nice=7', QOS: 'normal' };
    const server = await SlurmServer.start({ transport, settings });
    try {
      const id = await server.pair.submit(script('scontrol show job "$SLURM_JOB_ID" > job'));
      const job = (await server.pair.result(id)).text('job');
      for (const part of [
        'TimeLimit=00:02:00',
        'NumCPUs=3',
        'MinMemoryNode=30M',
        'Nice=7',
        'QOS=normal',
        'Requeue=0',
      ]) {
        expect(job).toContain(part);
      }
      const [, key] = /Comment=(\S+)/.exec(job) ?? [];
      expect(job).toContain(`JobName=jo-${key!}`);
    } finally {
      await server.stop();
    }
  });

  it('end a script that runs longer than it may, to the second', async () => {
    const server = await SlurmServer.start({ transport: 'cli', env: { SERVICE_EXAMPLE_MAX_RUNTIME: '2' } });
    try {
      const id = await server.pair.submit(
        script('echo kept > out; trap "" TERM; (trap "" TERM; sleep 100) & sleep 100'),
      );
      await server.pair.waitFor(id, 'Running');
      const begun = Date.now();
      const job = await server.pair.waitFor(id, 'Failed');
      expect(job.message).toBe('ran longer than 2 s, the most that it may, and was ended');
      // Two seconds, ten of grace, and SLURM's own.
      expect(Date.now() - begun).toBeLessThan(20_000);
      expect((await server.pair.partial(id)).text('out')).toBe('kept\n');
    } finally {
      await server.stop();
    }
  });

  it('with a prolog that fails end the job with what it said', async () => {
    const settings = { PROLOG: 'echo no module of that name >&2; false' };
    const server = await SlurmServer.start({ transport: 'rest', settings });
    try {
      const id = await server.pair.submit(script('true'));
      const { message } = await server.pair.waitFor(id, 'Failed');
      expect(message).toBe('the prolog of the service failed with exit code 1: no module of that name');
    } finally {
      await server.stop();
    }
  });

  it('ask SLURM once a second for all services and jobs together, and not at all when there are none', async () => {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-squeue-'));
    const log = join(root, 'calls');
    writeFileSync(log, '');
    writeFileSync(join(root, 'squeue'), `#!/bin/sh\necho x >> ${log}\nexec /usr/bin/squeue "$@"\n`);
    chmodSync(join(root, 'squeue'), 0o755);
    const calls = () => readFileSync(log, 'utf8').length / 2;
    mkdirSync(join(root, 'work'));
    const env = { ...slurmVariables('OTHER', 'cli', root), PATH: `${root}:${process.env.PATH ?? ''}` };
    const server = await SlurmServer.start({ transport: 'cli', env });
    try {
      const { pair } = server;
      const jobs = Array.from({ length: 20 }, (_, index) =>
        pair.submit(script('sleep 6'), { service: index % 2 === 0 ? 'example' : 'other' }),
      );
      const ids = await Promise.all(jobs);
      await Promise.all(ids.map((id) => pair.waitFor(id, 'Running', 60_000)));
      const [before, begun] = [calls(), Date.now()];
      await Promise.all(ids.map((id) => pair.waitFor(id, 'Completed', 60_000)));
      const seconds = (Date.now() - begun) / 1000;
      expect(calls() - before).toBeLessThanOrEqual(Math.ceil(seconds * 1.3) + 1);
      const idle = calls();
      const end = Date.now() + 4_000;
      await eventually(() => Date.now() > end);
      expect(calls()).toBe(idle);
    } finally {
      await server.stop();
      rmSync(root, { recursive: true });
    }
  });

  it('that cannot be used stop the start, with all faults in one report and exit code 78', async () => {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-settings-'));
    try {
      writeFileSync(join(root, 'file'), '');
      const variables = {
        ...slurmVariables('A', 'cli', root, { WORKDIR: join(root, 'none') }),
        ...slurmVariables('B', 'cli', root, { WORKDIR: join(root, 'file') }),
        ...slurmVariables('C', 'rest', root, { WORKDIR: root, REST_USER: 'nobody' }),
      };
      const home = { DB_PATH: join(root, 'db.sqlite'), DATA_PATH: join(root, 'data') };
      const { code, log } = await Program.runToEnd('server', { ...home, ...variables });
      expect(code).toBe(78);
      expect(log).toContain(`SERVICE_A_SLURM_WORKDIR: "${join(root, 'none')}" does not exist`);
      expect(log).toContain(`SERVICE_B_SLURM_WORKDIR: "${join(root, 'file')}" is not a directory`);
      expect(log).toMatch(/SERVICE_C_SLURM_TOKEN_FILE: ".*" holds a token of the user root, not of nobody/);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('with a token that is refused leave jobs queued, say why, and show the token nowhere', async () => {
    const server = await SlurmServer.start({ transport: 'rest' });
    try {
      const { pair } = server;
      const file = join(server.root, 'token');
      const good = readFileSync(file, 'utf8');
      // The same claims, with a signature that is not slurmctld's.
      const bad = good.trim().replace(/[^.]+$/, 'c2lnbmF0dXJl');
      writeFileSync(file, bad);
      const id = await pair.submit(script('true'));
      await eventually(async () => (await pair.job(id)).message.includes('slurmrestd answered'), { timeoutMs: 30_000 });
      expect(['Queued', 'Processing']).toContain((await pair.job(id)).status);
      writeFileSync(file, good);
      await pair.waitFor(id, 'Completed', 60_000);
      expect(pair.server.log()).not.toContain(bad.split('.')[2]);
      expect(pair.server.log()).not.toContain(good.trim().split('.')[2]);
    } finally {
      await server.stop();
    }
  });

  it('never let a job begin that was terminated before SLURM had it', async () => {
    const server = await SlurmServer.start({ transport: 'cli', settings: { SUBMIT_RATE: '1' } });
    try {
      const { pair } = server;
      const ids = await Promise.all(Array.from({ length: 6 }, () => pair.submit(script('touch began; sleep 30'))));
      const answers = await Promise.all(ids.map((id) => pair.terminate(id)));
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
      await eventually(() => slurm('squeue', '-h', '-u', 'root', '-o', '%A') === '', { timeoutMs: 60_000 });
      expect(await Promise.all(ids.map(async (id) => (await pair.job(id)).status))).toEqual(Array(6).fill('Killed'));
    } finally {
      await server.stop();
    }
  });
});
