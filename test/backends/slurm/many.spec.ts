import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { describeSlurm, startSlurm } from '../../support-slurm/cluster';
import { CountedSlurm } from '../../support-slurm/counted-slurm';
import { SlurmServer, TRANSPORTS } from '../../support-slurm/slurm-server';

const USERS = [1, 2, 3, 4];
const JOBS_PER_USER = 50;
const MAX_RUNS = 60;
const RUNS_PER_USER = 18;
const SUBMIT_RATE = 20;
/** How long nothing is asked, before we believe that nothing is. */
const IDLE_MS = 4_000;

/** One run of a job, in milliseconds since 1970. */
interface Run {
  user: number;
  from: number;
  to: number;
}

/** The most runs at a moment. */
function peakOf(runs: readonly Run[]): number {
  return Math.max(...runs.map(({ from }) => runs.filter((run) => run.from <= from && from < run.to).length));
}

/** The most of these moments that lie within so many milliseconds. */
function mostWithin(times: readonly number[], ms: number): number {
  return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + ms).length));
}

describeSlurm('200 jobs of four users on SLURM', () => {
  beforeAll(() => startSlurm());

  it.each(TRANSPORTS)(
    'run once each, within quotas and the submit rate, with one question a second for all (by %s)',
    async (transport) => {
      const counted = await CountedSlurm.before(transport);
      const server = await SlurmServer.start({
        transport,
        settings: { ...counted.settings, SUBMIT_RATE: String(SUBMIT_RATE) },
        env: {
          ...counted.env,
          SERVICE_EXAMPLE_MAX_RUNS: String(MAX_RUNS),
          SERVICE_EXAMPLE_RUNS_PER_USER: String(RUNS_PER_USER),
        },
      });
      try {
        const { pair } = server;
        const log = join(pair.shared, 'runs');
        const uploads = Array.from({ length: JOBS_PER_USER }, () => USERS).flat();
        const begun = Date.now();
        const ids = await Promise.all(
          uploads.map((user) => {
            const now = '${EPOCHREALTIME/[.,]/}';
            const commands = `from=${now}; sleep 1; echo $JOB_ID ${user} $from ${now} >> ${log}; echo result > out`;
            return pair.submit(script(commands), { user });
          }),
        );
        for (const id of ids) {
          expect((await pair.result(id, 120_000)).text('out')).toBe('result\n');
        }
        const ended = Date.now();

        const lines = readFileSync(log, 'utf8').trim().split('\n');
        expect(lines.map((line) => Number(line.split(' ')[0])).sort((a, b) => a - b)).toEqual(
          [...ids].sort((a, b) => a - b),
        );
        const runs = lines.map((line): Run => {
          const [, user, from, to] = line.split(' ').map(Number);
          return { user: user ?? 0, from: from ?? 0, to: to ?? 0 };
        });
        expect(peakOf(runs)).toBeLessThanOrEqual(MAX_RUNS);
        for (const user of USERS) {
          expect(peakOf(runs.filter((run) => run.user === user))).toBeLessThanOrEqual(RUNS_PER_USER);
        }

        expect(counted.times('submit')).toHaveLength(ids.length);
        // Commands are started on time, but a busy machine may bunch them.
        expect(mostWithin(counted.times('submit'), 1_000)).toBeLessThanOrEqual(SUBMIT_RATE * 1.5);
        const lists = counted.times('list');
        const seconds = (ended - begun) / 1000;
        expect(lists.length).toBeGreaterThanOrEqual(3);
        expect(lists.length).toBeLessThanOrEqual(Math.ceil(seconds * 1.3) + 1);
        process.stdout.write(
          `200 jobs by ${transport}: ${seconds.toFixed(1)} s, ${lists.length} lists, ${counted.times('submit').length} ` +
            `submissions, ${counted.times('ping').length} pings, at most ${peakOf(runs)} at once\n`,
        );

        const asked = counted.calls().length;
        const end = Date.now() + IDLE_MS;
        await eventually(() => Date.now() > end);
        expect(counted.calls()).toHaveLength(asked);
        await eventually(() => server.jobDirectories().length === 0);
      } finally {
        await server.stop();
        await counted.stop();
      }
    },
  );

  it('of two services on one cluster share its list', async () => {
    const counted = await CountedSlurm.before('cli');
    const server = await SlurmServer.start({
      transport: 'cli',
      others: { other: { transport: 'cli' } },
      env: counted.env,
    });
    try {
      const { pair } = server;
      const ids = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          pair.submit(script('sleep 4'), { service: index % 2 === 0 ? 'example' : 'other' }),
        ),
      );
      await Promise.all(ids.map((id) => pair.waitFor(id, 'Running')));
      const [before, begun] = [counted.times('list').length, Date.now()];
      await Promise.all(ids.map((id) => pair.waitFor(id, 'Completed')));
      const seconds = (Date.now() - begun) / 1000;
      expect(counted.times('list').length - before).toBeLessThanOrEqual(Math.ceil(seconds * 1.3) + 1);
    } finally {
      await server.stop();
      await counted.stop();
    }
  });
});
