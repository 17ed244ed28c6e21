import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { allEnded } from '../support-jobs/endings';
import { eachLimited, tally, upTo } from '../support-jobs/many';

const EACH = process.env.TEST_LONG === 'short' ? 60 : 300;

describe('exit codes under load', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  it(`case 18: of ${EACH} jobs that exit with 0 and ${EACH} that exit with 7, none is taken for the other`, async () => {
    const load = upTo(availableParallelism()).map(() =>
      spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
    );
    try {
      const codes = upTo(2 * EACH).map((n) => (n % 2 === 0 ? 0 : 7));
      const ids = await eachLimited(codes, 16, (code, n) => pair.submit(script(`exit ${code}\n`), { user: n % 10 }));
      const jobs = await allEnded(pair, ids, 300_000);
      const seen = jobs.map((job, n) => `exit ${codes[n]!}: ${job.status} ${String(job.exit_code)}`);
      expect(tally(seen)).toEqual({ 'exit 0: Completed 0': EACH, 'exit 7: Failed 7': EACH });
    } finally {
      for (const process of load) process.kill('SIGKILL');
    }
  }, 600_000);
});
