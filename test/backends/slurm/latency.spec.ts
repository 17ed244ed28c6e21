import { eventually } from '../../support/eventually';
import { script } from '../../support/script';
import { describeSlurm, slurm, startSlurm } from '../../support-slurm/cluster';
import { CountedSlurm } from '../../support-slurm/counted-slurm';
import { SlurmServer, TRANSPORTS } from '../../support-slurm/slurm-server';

const JOBS = Number(process.env.SLURM_LATENCY_JOBS ?? 4);
const MAX_TO_START_MS = 1_000;
const MAX_TO_COMPLETED_MS = 3_000;

/**
 * Times of one job, in milliseconds since 1970. What SLURM takes lies between `asked` and `launched`, and between
 * `ended` and `told`; what is left of the way is ours.
 */
interface Times {
  /** The upload is sent. */
  uploaded: number;
  /** sbatch is started, or the submission reaches slurmrestd. */
  asked: number;
  /** SLURM has made the file for the batch script's output: from here on our script runs. */
  launched: number;
  /** run.sh does its first thing, and its last. */
  started: number;
  ended: number;
  /** SLURM's own commands say that the job is over. */
  told: number;
  /** The results are in place, and `Completed` is what a portal reads. */
  completed: number;
}

/** Prints a moment in milliseconds since 1970, by bash. */
const NOW = 'echo "$((${EPOCHREALTIME/[.,]/} / 1000))"';

async function timesOfJob({ pair }: SlurmServer, counted: CountedSlurm): Promise<Times> {
  const before = counted.times('submit').length;
  const uploaded = Date.now();
  const commands = `${NOW} > started; echo "$SLURM_JOB_ID" > id; stat -c %.3W ../run/output > launched; sleep 1; ${NOW} > ended`;
  const id = await pair.submit(script(commands));
  await pair.waitFor(id, 'Running');
  const jobId = await eventually(async () => (await pair.partial(id)).text('id').trim());
  const [told] = await Promise.all([
    eventually(() => slurm('squeue', '-h', '-t', 'all', '-j', jobId, '-o', '%T').trim() === 'COMPLETED' && Date.now(), {
      intervalMs: 50,
    }),
    eventually(async () => (await pair.job(id)).status === 'Completed'),
  ]);
  const zip = await pair.result(id);
  const moment = (name: string) => Number(zip.text(name));
  const { ended_at: completed } = await pair.job(id);
  return {
    uploaded,
    asked: counted.times('submit')[before] ?? NaN,
    launched: moment('launched') * 1000,
    started: moment('started'),
    ended: moment('ended'),
    told,
    completed: Date.parse(String(completed)),
  };
}

function summary(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  return `median ${at(0.5)} ms, longest ${at(1)} ms`;
}

describeSlurm('a job on SLURM', () => {
  beforeAll(() => startSlurm());

  it.each(TRANSPORTS)('waits little for us, at its start and after its end (by %s)', async (transport) => {
    const counted = await CountedSlurm.before(transport);
    const server = await SlurmServer.start({ transport, settings: counted.settings, env: counted.env });
    try {
      const all: Times[] = [];
      for (let job = 0; job < JOBS; job++) {
        all.push(await timesOfJob(server, counted));
      }
      const toStart = all.map(({ uploaded, asked, launched, started }) => asked - uploaded + (started - launched));
      const toCompleted = all.map(({ ended, told, completed }) => completed - Math.max(ended, told));
      const rows = {
        'upload to start, without SLURM': toStart,
        'upload to start, all': all.map(({ uploaded, started }) => started - uploaded),
        'end to Completed, after SLURM says so': toCompleted,
        'end to Completed, all': all.map(({ ended, completed }) => completed - ended),
      };
      for (const [name, values] of Object.entries(rows)) {
        process.stdout.write(`${transport}, ${all.length} jobs, ${name}: ${summary(values)}\n`);
      }
      expect(Math.max(...toStart)).toBeLessThan(MAX_TO_START_MS);
      expect(Math.max(...toCompleted)).toBeLessThan(MAX_TO_COMPLETED_MS);
    } finally {
      await server.stop();
      await counted.stop();
    }
  });
});
