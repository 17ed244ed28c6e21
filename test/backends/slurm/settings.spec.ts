import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { Program } from '../../support/program';
import { script } from '../../support/script';
import { describeSlurm, restAccess, slurm, startSlurm } from '../../support-slurm/cluster';
import { SlurmServer, slurmVariables, TRANSPORTS } from '../../support-slurm/slurm-server';

/** A user without rights. */
const NOBODY = 65534;
/** One that no machine knows. */
const NAMELESS = 54321;

/** The same claims, with a signature that is not slurmctld's. */
function forge(token: string): string {
  return token.replace(/[^.]+$/, 'c2lnbmF0dXJl');
}

/** Claims and signature of the tokens in these files: either must show nowhere. */
function secretsIn(...files: string[]): string[] {
  const secrets = files.flatMap((file) => readFileSync(file, 'utf8').trim().split('.').slice(1));
  expect(secrets).toHaveLength(2 * files.length);
  return secrets;
}

function shownIn(log: string, secrets: string[]): string[] {
  return secrets.filter((secret) => log.includes(secret));
}

describeSlurm('the settings of a service on SLURM', () => {
  beforeAll(() => startSlurm());

  it.each(TRANSPORTS)('that SLURM refuses fail the job at once, in its own words (by %s)', async (transport) => {
    const wrong = {
      partition: [{ PARTITION: 'nosuch' }, /^SLURM: .*Invalid partition name specified$/],
      reservation: [{ RESERVATION: 'nosuch' }, /^SLURM: .*Requested reservation is invalid$/],
      constraint: [{ CONSTRAINT: 'nosuch' }, /^SLURM: .*Invalid feature specification$/],
    } as const;
    const others = Object.fromEntries(
      Object.entries(wrong).map(([service, [settings]]) => [service, { transport, settings }]),
    );
    const server = await SlurmServer.start({ transport, others });
    try {
      for (const [service, [, words]] of Object.entries(wrong)) {
        const id = await server.pair.submit(script('true'), { service });
        expect((await server.pair.waitFor(id, 'Failed')).message).toMatch(words);
      }
      expect(server.jobDirectories()).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it.each(TRANSPORTS)('reach SLURM: time, CPUs, memory, options (by %s)', async (transport) => {
    const settings = { PARTITION: 'main', WALLTIME: '90', CPUS: '3', MEMORY: '30', OPTIONS: '--nice=7', QOS: 'normal' };
    const server = await SlurmServer.start({ transport, settings });
    try {
      const id = await server.pair.submit(script('scontrol show job "$SLURM_JOB_ID" > job'));
      const job = (await server.pair.result(id)).text('job');
      for (const part of [
        // 90 s, and one minute for what comes before and after the script.
        'TimeLimit=00:03:00',
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

  it('leave the last word to a time limit of SLURM', async () => {
    const server = await SlurmServer.start({ transport: 'cli', others: { other: { transport: 'rest' } } });
    try {
      const { pair } = server;
      const ids = await Promise.all(
        ['example', 'other'].map((service) =>
          pair.submit(script('echo $SLURM_JOB_ID > id; exec sleep 300'), { service }),
        ),
      );
      for (const id of ids) {
        await pair.waitFor(id, 'Running');
        const jobId = await eventually(async () => (await pair.partial(id)).text('id').trim());
        slurm('scontrol', 'update', `JobId=${jobId}`, 'EndTime=now');
      }
      for (const id of ids) {
        const { message } = await pair.waitFor(id, 'Failed', 100_000);
        expect(message).toBe('SLURM: ran into the time limit and was ended');
        expect((await pair.partial(id)).has('id')).toBe(true);
      }
    } finally {
      await server.stop();
    }
  });

  it("serve a server that is not root, whose jobs are its user's", async () => {
    const server = await SlurmServer.start({ transport: 'cli', program: { uid: NOBODY } });
    try {
      const { pair } = server;
      const zip = await pair.result(await pair.submit({ 'run.sh': script('id -u > uid; cat in > out'), in: 'data' }));
      expect([zip.text('uid'), zip.text('out')]).toEqual([`${NOBODY}\n`, 'data']);
      await eventually(() => server.jobDirectories().length === 0);
    } finally {
      await server.stop();
    }
  });

  it('serve a server whose user has no name where it runs', async () => {
    const server = await SlurmServer.start({ transport: 'cli', program: { uid: NAMELESS } });
    try {
      const { pair } = server;
      const id = await pair.submit(script('true'));
      // The nodes of this cluster don't know the user either: its jobs wait there. They are seen and ended.
      await eventually(async () => (await pair.job(id)).message.startsWith('SLURM: pending'), { timeoutMs: 30_000 });
      await pair.terminate(id);
      await pair.waitFor(id, 'Killed');
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

  it('that cannot be used stop the start, with all faults in one report and exit code 78', async () => {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-settings-'));
    try {
      chmodSync(root, 0o755);
      writeFileSync(join(root, 'file'), '');
      const home = join(root, 'home');
      mkdirSync(home);
      chownSync(home, NOBODY, NOBODY);
      const forged = join(root, 'forged');
      writeFileSync(forged, forge(restAccess().token), { mode: 0o644 });
      const variables = {
        ...slurmVariables('A', 'cli', root, { WORKDIR: join(root, 'none') }),
        ...slurmVariables('B', 'cli', root, { WORKDIR: join(root, 'file') }),
        ...slurmVariables('C', 'cli', root, { WORKDIR: root }),
        ...slurmVariables('D', 'rest', root, { WORKDIR: home, REST_USER: 'nobody' }),
        ...slurmVariables('E', 'rest', root, { WORKDIR: home, TOKEN_FILE: forged }),
        DB_PATH: join(home, 'db.sqlite'),
        DATA_PATH: join(home, 'data'),
      };
      chmodSync(join(root, 'token'), 0o644);
      const { code, log } = await Program.runToEnd('server', variables, { uid: NOBODY, cwd: root });
      expect(code).toBe(78);
      expect(log).toContain(`SERVICE_A_SLURM_WORKDIR: "${join(root, 'none')}" does not exist`);
      expect(log).toContain(`SERVICE_B_SLURM_WORKDIR: "${join(root, 'file')}" is not a directory`);
      expect(log).toContain(`SERVICE_C_SLURM_WORKDIR: "${root}" cannot be written to: EACCES`);
      expect(log).toMatch(/SERVICE_D_SLURM_TOKEN_FILE: ".*" holds a token of the user root, not of nobody/);
      expect(log).toMatch(/SERVICE_E_SLURM_TOKEN_FILE: ".*" is refused: slurmrestd answered 500: /);
      expect(shownIn(log, secretsIn(join(root, 'token'), forged))).toEqual([]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it.each([
    [{ TRANSPORT: 'ssh' }, 'SERVICE_A_SLURM_TRANSPORT: "ssh" is not one of cli, rest'],
    [{ PARTITON: 'main' }, 'SERVICE_A_SLURM_PARTITON: unknown; was SERVICE_A_SLURM_PARTITION meant?'],
    [{ OPTIONS: '--wrap=id' }, 'SERVICE_A_SLURM_OPTIONS: "--wrap=id" is not allowed'],
  ])('%j stop the start', async (settings, fault) => {
    const { code, log } = await Program.runToEnd('server', slurmVariables('A', 'cli', '/nowhere', settings));
    expect([code, log]).toEqual([78, expect.stringContaining(fault)]);
  });

  it('with a token that is refused later leave jobs queued, say why, and show the token nowhere', async () => {
    const server = await SlurmServer.start({ transport: 'rest', env: { LOG_LEVEL: 'trace' } });
    try {
      const { pair } = server;
      const file = join(server.root, 'token');
      const good = readFileSync(file, 'utf8');
      const secrets = secretsIn(file);
      writeFileSync(file, forge(good.trim()));
      secrets.push(...secretsIn(file));
      const id = await pair.submit(script('true'));
      await eventually(async () => (await pair.job(id)).message.includes('slurmrestd answered'), { timeoutMs: 30_000 });
      expect(['Queued', 'Processing']).toContain((await pair.job(id)).status);
      writeFileSync(file, good);
      await pair.waitFor(id, 'Completed', 60_000);
      expect(shownIn(pair.server.log(), secrets)).toEqual([]);
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
