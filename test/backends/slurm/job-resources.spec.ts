import { expectRefusal } from '../../support/answers';
import { script } from '../../support/script';
import { describeSlurm, slurm, startSlurm } from '../../support-slurm/cluster';
import { SlurmServer, type Transport } from '../../support-slurm/slurm-server';

jest.setTimeout(240_000);

/** What SLURM was asked for, as the job itself sees it in the controller: `time limit, CPUs, memory of a node`. */
const ASKED = script(
  `squeue -h -j "$SLURM_JOB_ID" -o '%l %C %m' > squeue; scontrol show job "$SLURM_JOB_ID" > scontrol`,
);
const ENDLESS = script('echo kept > out; while :; do sleep 0.1; done');

function slurmJobs(): string[] {
  return slurm('squeue', '-h', '-t', 'all', '-o', '%A').split('\n');
}

describeSlurm('what an upload asks for', () => {
  beforeAll(() => startSlurm());

  describe.each<Transport>(['cli', 'rest'])('of a service on SLURM, by %s', (transport) => {
    let server: SlurmServer;
    beforeAll(async () => {
      server = await SlurmServer.start({
        transport,
        settings: { WALLTIME: '60', CPUS: '2', MEMORY: '8' },
        env: {
          SERVICE_EXAMPLE_MAX_RUNTIME: '600',
          SERVICE_EXAMPLE_MAX_CPUS: '4',
          SERVICE_EXAMPLE_MAX_MEMORY: '64',
        },
      });
    });
    afterAll(async () => {
      await server.stop();
    });

    it('is what SLURM is asked for; else it is what the service is set up with, not the most of it', async () => {
      const { pair } = server;
      const wishes = { walltime: '300', cpus: '3', memory: '24' };
      const asking = await pair.submit(ASKED, { fields: wishes });
      const silent = await pair.submit(ASKED);
      expect(await pair.job(asking)).toMatchObject({ walltime: 300, cpus: 3, memory: 24 });
      const asked = await pair.result(asking);
      // Start and grace count for SLURM, and not for the script.
      expect(asked.text('squeue').trim()).toBe('6:00 3 24M');
      for (const part of ['TimeLimit=00:06:00', 'NumCPUs=3', 'MinMemoryNode=24M']) {
        expect(asked.text('scontrol')).toContain(part);
      }
      expect((await pair.result(silent)).text('squeue').trim()).toBe('2:00 2 8M');
    });

    it('ends a script that runs longer, and keeps its files', async () => {
      const { pair } = server;
      const id = await pair.submit(ENDLESS, { fields: { walltime: '2' } });
      expect((await pair.waitFor(id, 'Failed', 60_000)).message).toBe(
        'ran longer than 2 s, the most that it may, and was ended',
      );
      expect((await pair.partial(id)).text('out')).toBe('kept\n');
    });

    it('is refused beyond what the service allows, and reaches neither disk nor SLURM', async () => {
      const { pair } = server;
      const [before, jobs] = [pair.serverEntries(), slurmJobs()];
      for (const [field, value, message] of [
        ['walltime', '601', 'walltime: 601 is more than service example allows, 600 seconds'],
        ['cpus', '5', 'cpus: 5 is more than service example allows, 4 CPUs'],
        ['memory', '65', 'memory: 65 is more than service example allows, 64 MiB'],
      ] as const) {
        expectRefusal(await pair.upload({ 'run.sh': ASKED }, { fields: { [field]: value } }), 400, message);
      }
      expect(pair.serverEntries()).toEqual(before);
      expect(slurmJobs().filter((id) => !jobs.includes(id))).toEqual([]);
      expect((await pair.get('/services')).json()).toEqual([
        expect.objectContaining({
          wishes: ['walltime', 'cpus', 'memory'],
          max_walltime: 600,
          max_cpus: 4,
          max_memory: 64,
        }),
      ]);
    });
  });
});
