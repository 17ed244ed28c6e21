import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { describeSlurm, slurm, startSlurm } from '../../support-slurm/cluster';
import { counted, runsOf } from '../../support-slurm/counted-runs';
import { SlurmServer, type Transport } from '../../support-slurm/slurm-server';

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
