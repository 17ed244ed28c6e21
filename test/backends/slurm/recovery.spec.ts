import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { describeSlurm, endDaemon, slurm, startSlurm } from '../../support-slurm/cluster';
import { SlurmServer, type Transport } from '../../support-slurm/slurm-server';

jest.setTimeout(400_000);

/** How long the controller is away; the acceptance run takes two minutes. */
const OUTAGE_MS = Number(process.env.SLURM_OUTAGE_SECONDS ?? 25) * 1000;

/** Commands that note each run in a file outside of the job's directory. */
function counted(server: SlurmServer, name: string, commands = ''): string {
  return script(`echo ran >> ${join(server.pair.shared, name)}; echo result > out; ${commands}`);
}

function runsOf(server: SlurmServer, name: string): number {
  const path = join(server.pair.shared, name);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).length : 0;
}

async function wait(ms: number): Promise<void> {
  const end = Date.now() + ms;
  await eventually(() => Date.now() >= end, { timeoutMs: ms + 10_000, intervalMs: 250 });
}

describeSlurm('a server that dies while its jobs are on SLURM', () => {
  beforeAll(() => startSlurm());

  const points = [
    'dispatch:processing',
    'slurm:submitted',
    'dispatch:taken',
    'dispatch:submitted',
    'collect:fetched',
    'collect:renamed',
    'end:stored',
  ];
  it.each([
    ...points.map((point): [string, Transport] => [point, 'cli']),
    ...['slurm:submitted', 'dispatch:taken'].map((point): [string, Transport] => [point, 'rest']),
  ])('at %s (by %s) has run each job once, and has its results', async (point, transport) => {
    const server = await SlurmServer.start({ transport, env: { FAILPOINT: point } });
    try {
      const id = await server.pair.submit(counted(server, 'runs'));
      await eventually(() => !server.pair.server.isRunning, { timeoutMs: 30_000 });
      server.pair.server.wasKilled = true;
      await server.restart();
      const zip = await server.pair.result(id, 60_000);
      expect([zip.text('out'), runsOf(server, 'runs')]).toEqual(['result\n', 1]);
      await eventually(() => server.jobDirectories().length === 0);
    } finally {
      await server.stop();
    }
  });

  it('finds the job by accounting and by its record when SLURM has forgotten it meanwhile', async () => {
    startSlurm({ env: { START_SLURM_MIN_JOB_AGE: '2' } });
    const server = await SlurmServer.start({ transport: 'cli' });
    try {
      const failing = await server.pair.submit(counted(server, 'a', 'sleep 1; exit 7'));
      const working = await server.pair.submit(counted(server, 'b', 'sleep 1'));
      await server.pair.waitFor(failing, ['Running', 'Submitted']);
      await server.pair.waitFor(working, ['Running', 'Submitted']);
      await server.pair.server.kill9();
      await eventually(() => slurm('squeue', '-h', '-t', 'all') === '', { timeoutMs: 120_000, intervalMs: 500 });
      await server.restart();
      expect(await server.pair.waitFor(failing, 'Failed')).toMatchObject({ exit_code: 7, message: 'exit code 7' });
      expect((await server.pair.result(working)).text('out')).toBe('result\n');
    } finally {
      await server.stop();
      startSlurm();
    }
  });

  it('needs no accounting for that', async () => {
    startSlurm({ accounting: false, env: { START_SLURM_MIN_JOB_AGE: '2' } });
    const server = await SlurmServer.start({ transport: 'rest' });
    try {
      const id = await server.pair.submit(counted(server, 'a', 'sleep 1; exit 7'));
      const lost = await server.pair.submit(script('kill -9 $PPID; sleep 60'));
      await server.pair.waitFor(id, ['Running', 'Submitted']);
      await server.pair.waitFor(lost, ['Running', 'Submitted']);
      await server.pair.server.kill9();
      await eventually(() => slurm('squeue', '-h', '-t', 'all', '-u', 'root', '-o', '%A %T') === '', {
        timeoutMs: 120_000,
        intervalMs: 500,
      });
      await server.restart();
      expect(await server.pair.waitFor(id, 'Failed')).toMatchObject({ exit_code: 7, message: 'exit code 7' });
      await server.pair.waitFor(lost, 'Failed', 60_000);
    } finally {
      await server.stop();
      startSlurm();
    }
  });
});

describeSlurm('SLURM with a fault', () => {
  beforeAll(() => startSlurm());
  afterAll(() => startSlurm());

  it.each<Transport>(['cli', 'rest'])(
    'of its controller loses no job (by %s), and new ones wait',
    async (transport) => {
      const server = await SlurmServer.start({ transport });
      try {
        const { pair } = server;
        const ids = await Promise.all(
          Array.from({ length: 8 }, (_, index) => pair.submit(counted(server, `r${index}`, `sleep ${3 + 3 * index}`))),
        );
        await eventually(() => ids.every((_, index) => runsOf(server, `r${index}`) === 1), { timeoutMs: 60_000 });
        endDaemon('slurmctld');
        const late = await pair.submit(counted(server, 'late'));
        await eventually(async () => (await pair.job(late)).message.includes('SLURM: '), { timeoutMs: 60_000 });
        await wait(OUTAGE_MS);
        expect((await pair.job(late)).status).toBe('Queued');
        for (const id of ids) {
          expect(['Submitted', 'Running', 'Completed']).toContain((await pair.job(id)).status);
        }
        startSlurm();
        for (const id of [...ids, late]) {
          expect((await pair.result(id, 120_000)).text('out')).toBe('result\n');
        }
        expect([...ids.map((_, index) => `r${index}`), 'late'].map((name) => runsOf(server, name))).toEqual(
          Array(9).fill(1),
        );
      } finally {
        startSlurm();
        await server.stop();
      }
    },
  );

  it('of a node ends the job as failed, by no fault of its own', async () => {
    const server = await SlurmServer.start({ transport: 'cli' });
    try {
      const id = await server.pair.submit(counted(server, 'runs', 'sleep 100'));
      await server.pair.waitFor(id, 'Running');
      slurm('scontrol', 'update', 'NodeName=node1', 'State=DOWN', 'Reason=test');
      expect(await server.pair.waitFor(id, 'Failed', 60_000)).toMatchObject({
        message: 'SLURM: a node of the job failed',
      });
    } finally {
      startSlurm();
      await server.stop();
    }
  });

  it('of a node starts the job again where its service allows that', async () => {
    const server = await SlurmServer.start({ transport: 'rest', env: { SERVICE_EXAMPLE_MAX_ATTEMPTS: '2' } });
    try {
      const id = await server.pair.submit(
        counted(server, 'runs', `[ $(wc -l < ${join(server.pair.shared, 'runs')}) = 2 ] || sleep 100`),
      );
      await server.pair.waitFor(id, 'Running');
      await eventually(() => runsOf(server, 'runs') === 1);
      slurm('scontrol', 'update', 'NodeName=node1', 'State=DOWN', 'Reason=test');
      expect((await server.pair.result(id, 90_000)).text('out')).toBe('result\n');
      expect(runsOf(server, 'runs')).toBe(2);
    } finally {
      startSlurm();
      await server.stop();
    }
  });
});
