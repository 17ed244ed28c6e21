import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { describeSlurm, endDaemon, slurm, startSlurm } from '../../support-slurm/cluster';
import { counted, runsOf } from '../../support-slurm/counted-runs';
import { SlurmServer, TRANSPORTS } from '../../support-slurm/slurm-server';

/** How long the controller is away. */
const OUTAGE_MS = Number(process.env.SLURM_OUTAGE_SECONDS ?? 120) * 1000;
const SERVICES = ['example', 'other'] as const;

/** A server with the service `example` by cli, and `other` by rest: a fault is waited for once. */
async function startBoth(env: Record<string, string> = {}): Promise<SlurmServer> {
  return SlurmServer.start({ transport: TRANSPORTS[0]!, others: { other: { transport: TRANSPORTS[1]! } }, env });
}

describeSlurm('SLURM with a fault', () => {
  beforeAll(() => startSlurm());
  afterAll(() => startSlurm());

  it(
    'of its controller, for two minutes, loses no job; new ones wait, and a server that dies meanwhile goes on',
    async () => {
      const server = await startBoth();
      const { pair } = server;
      // Half of the jobs end while the controller is away.
      const jobs = SERVICES.flatMap((service) =>
        [3, 6, 12, 20, 40, 80].map((seconds) => ({ service, name: `${service}-${seconds}`, seconds })),
      );
      try {
        const ids = await Promise.all(
          jobs.map(({ service, name, seconds }) => pair.submit(counted(server, name, `sleep ${seconds}`), { service })),
        );
        const ending = await Promise.all(SERVICES.map((service) => pair.submit(script('sleep 600'), { service })));
        await Promise.all([...ids, ...ending].map((id) => pair.waitFor(id, 'Running')));
        endDaemon('slurmctld');
        const endsAt = Date.now() + OUTAGE_MS;
        const late = await Promise.all(
          SERVICES.map((service) => pair.submit(counted(server, `late-${service}`), { service })),
        );
        // Not confirmed while nobody can be asked, but not forgotten either.
        const wishes = Promise.allSettled(ending.map((id) => pair.terminate(id)));
        await eventually(
          async () => {
            const texts = await Promise.all(
              [...ids.slice(-1), ...late].map(async (id) => (await pair.job(id)).message),
            );
            return texts.every((text) => /SLURM: |slurmrestd: /.test(text));
          },
          { timeoutMs: 45_000 },
        );
        await wishes;
        await server.pair.server.kill9();
        await server.restart();
        await eventually(() => Date.now() >= endsAt, { timeoutMs: OUTAGE_MS + 1_000, intervalMs: 500 });
        for (const id of late) {
          expect(['Queued', 'Processing']).toContain((await pair.job(id)).status);
        }
        for (const id of ids) {
          // Those by rest may have been seen to end, by the record that they left.
          expect(['Submitted', 'Running', 'Completed']).toContain((await pair.job(id)).status);
        }
        startSlurm();
        for (const id of [...ids, ...late]) {
          expect((await pair.result(id, 120_000)).text('out')).toBe('result\n');
        }
        await Promise.all(ending.map((id) => pair.waitFor(id, 'Killed', 60_000)));
        const names = [...jobs.map(({ name }) => name), ...SERVICES.map((service) => `late-${service}`)];
        expect(names.map((name) => [name, runsOf(server, name)])).toEqual(names.map((name) => [name, 1]));
      } finally {
        startSlurm();
        await server.stop();
      }
    },
    OUTAGE_MS + 240_000,
  );

  it('of a node ends its jobs as failed, by no fault of their own', async () => {
    const server = await startBoth();
    const { pair } = server;
    try {
      const ids = await Promise.all(
        SERVICES.map((service) => pair.submit(counted(server, service, 'sleep 100'), { service })),
      );
      await Promise.all(ids.map((id) => pair.waitFor(id, 'Running')));
      await eventually(() => SERVICES.every((service) => runsOf(server, service) === 1));
      slurm('scontrol', 'update', 'NodeName=node1', 'State=DOWN', 'Reason=test');
      for (const id of ids) {
        expect((await pair.waitFor(id, 'Failed', 60_000)).message).toBe('SLURM: a node of the job failed');
        expect((await pair.partial(id)).text('out')).toBe('result\n');
      }
    } finally {
      startSlurm();
      await server.stop();
    }
  });

  it('of a node starts its jobs again where their services allow that', async () => {
    const server = await startBoth({ SERVICE_EXAMPLE_MAX_ATTEMPTS: '2', SERVICE_OTHER_MAX_ATTEMPTS: '2' });
    const { pair } = server;
    try {
      const ids = await Promise.all(
        SERVICES.map((service) => {
          const runs = join(pair.shared, service);
          return pair.submit(counted(server, service, `[ $(wc -l < ${runs}) = 2 ] || sleep 100`), { service });
        }),
      );
      await Promise.all(ids.map((id) => pair.waitFor(id, 'Running')));
      await eventually(() => SERVICES.every((service) => runsOf(server, service) === 1));
      slurm('scontrol', 'update', 'NodeName=node1', 'State=DOWN', 'Reason=test');
      for (const id of ids) {
        expect((await pair.result(id, 90_000)).text('out')).toBe('result\n');
      }
      expect(SERVICES.map((service) => runsOf(server, service))).toEqual([2, 2]);
    } finally {
      startSlurm();
      await server.stop();
    }
  });
});
