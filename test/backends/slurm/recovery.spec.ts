import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { describeSlurm, jobsNamed, startSlurm } from '../../support-slurm/cluster';
import { counted, runsOf } from '../../support-slurm/counted-runs';
import { HeldSubmission } from '../../support-slurm/held-submission';
import { SlurmServer, type Transport, TRANSPORTS } from '../../support-slurm/slurm-server';

/** At once, which takes half of the time. */
async function byEach(work: (transport: Transport) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(TRANSPORTS.map(work));
  const faults = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  if (faults[0]) {
    throw faults[0];
  }
}

/** Commands that wait until {@link goOn} is called. */
function untilToldTo({ pair }: SlurmServer): string {
  return `until [ -e ${join(pair.shared, 'go')} ]; do sleep 0.1; done`;
}

function goOn({ pair }: SlurmServer): void {
  writeFileSync(join(pair.shared, 'go'), '');
}

describeSlurm('a server that dies while it hands a job to SLURM, or takes it back', () => {
  beforeAll(() => startSlurm());

  it.each([
    'dispatch:processing',
    'slurm:prepared',
    'slurm:asked',
    'slurm:submitted',
    'dispatch:taken',
    'dispatch:submitted',
    'collect:fetched',
    'collect:renamed',
    'end:stored',
  ])('at %s has run the job once, and has its results, by each transport', async (point) => {
    await byEach(async (transport) => {
      const server = await SlurmServer.start({ transport, env: { FAILPOINT: point } });
      try {
        const id = await server.pair.submit(counted(server, 'runs'));
        await eventually(() => !server.pair.server.isRunning, { timeoutMs: 30_000 });
        server.pair.server.wasKilled = true;
        await server.restart();
        const zip = await server.pair.result(id, 60_000);
        expect([transport, zip.text('out'), runsOf(server, 'runs')]).toEqual([transport, 'result\n', 1]);
        await eventually(() => server.jobDirectories().length === 0);
      } finally {
        await server.stop();
      }
    });
  });

  it('while SLURM takes the job finds it there, and submits no other', async () => {
    await byEach(async (transport) => {
      const held = await HeldSubmission.before(transport);
      const server = await SlurmServer.start({ transport, env: held.env, settings: held.settings });
      try {
        const id = await server.pair.submit(counted(server, 'runs'));
        await eventually(() => held.isHeld(), { timeoutMs: 30_000 });
        await server.pair.server.kill9();
        const [key] = server.jobDirectories();
        held.letGo();
        await eventually(() => server.jobsInSlurm().length === 1, { timeoutMs: 30_000, intervalMs: 200 });
        await server.restart();
        expect((await server.pair.result(id, 60_000)).text('out')).toBe('result\n');
        expect([transport, runsOf(server, 'runs'), jobsNamed(`jo-${key!}`).length]).toEqual([transport, 1, 1]);
      } finally {
        await server.stop();
        await held.stop();
      }
    });
  });

  it('before SLURM takes the job, which it does after all when the next one has submitted it again', async () => {
    await byEach(async (transport) => {
      const held = await HeldSubmission.before(transport);
      const server = await SlurmServer.start({ transport, env: held.env, settings: held.settings });
      try {
        const id = await server.pair.submit(counted(server, 'runs', untilToldTo(server)));
        await eventually(() => held.isHeld(), { timeoutMs: 30_000 });
        await server.pair.server.kill9();
        await server.restart();
        await eventually(() => runsOf(server, 'runs') === 1, { timeoutMs: 60_000 });
        held.letGo();
        await eventually(() => server.jobsInSlurm().filter((job) => job.endsWith(' COMPLETED')).length === 1, {
          timeoutMs: 30_000,
          intervalMs: 200,
        });
        expect(server.jobsInSlurm()).toHaveLength(2);
        goOn(server);
        expect((await server.pair.result(id, 60_000)).text('out')).toBe('result\n');
        expect([transport, runsOf(server, 'runs')]).toEqual([transport, 1]);
      } finally {
        goOn(server);
        await server.stop();
        await held.stop();
      }
    });
  });
});

describeSlurm('a server whose jobs SLURM has forgotten while it was away', () => {
  const SERVICES = { example: 'cli', other: 'rest' } as const;
  afterAll(() => startSlurm());

  /**
   * Of each service three jobs that end while the server is away: one that fails, one that works, and one that kills the
   * shell which would record its end. When SLURM has forgotten them all, and the server is back.
   */
  async function afterForgetting(accounting: boolean, look: (lost: Record<string, string>) => void): Promise<void> {
    startSlurm({ accounting, env: { START_SLURM_MIN_JOB_AGE: '2' } });
    const server = await SlurmServer.start({
      transport: SERVICES.example,
      others: { other: { transport: SERVICES.other } },
    });
    const { pair } = server;
    try {
      const jobs = await Promise.all(
        Object.keys(SERVICES).map(async (service) => {
          const submit = (end: string) =>
            pair.submit(counted(server, service, `${untilToldTo(server)}; ${end}`), { service });
          const [failing, working] = [await submit('exit 7'), await submit('true')];
          return { service, failing, working, lost: await submit('kill -9 $PPID; sleep 60') };
        }),
      );
      await Promise.all(
        jobs.flatMap(({ failing, working, lost }) => [failing, working, lost].map((id) => pair.waitFor(id, 'Running'))),
      );
      await pair.server.kill9();
      goOn(server);
      expect(server.jobDirectories()).toHaveLength(6);
      await eventually(() => server.jobsInSlurm().length === 0, { timeoutMs: 120_000, intervalMs: 500 });
      await server.restart();
      const messages: Record<string, string> = {};
      for (const { service, failing, working, lost } of jobs) {
        expect(await pair.waitFor(failing, 'Failed')).toMatchObject({ exit_code: 7, message: 'exit code 7' });
        expect((await pair.result(working)).text('out')).toBe('result\n');
        messages[SERVICES[service as keyof typeof SERVICES]] = (await pair.waitFor(lost, 'Failed', 60_000)).message;
      }
      look(messages);
    } finally {
      await server.stop();
    }
  }

  it('knows by their records how they ended, and by accounting of one that left none', async () => {
    await afterForgetting(true, (lost) => {
      const gap = "the job left no record of its script's end";
      // Accounting as slurmrestd tells it has lost the exit code.
      expect(lost).toEqual({ cli: `SLURM: FAILED, exit code 1; ${gap}`, rest: `SLURM: FAILED; ${gap}` });
    });
  });

  it('needs no accounting but for one that left no record', async () => {
    await afterForgetting(false, (lost) => {
      const text = 'SLURM does not know the job any more, there is no accounting, and it left no record of its end';
      expect(lost).toEqual({ cli: text, rest: text });
    });
  });
});
