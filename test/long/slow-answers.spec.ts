import { expectStatusBody } from '../support/answers';
import { heldJob, type HeldJob } from '../support/held-job';
import type { HttpAnswer } from '../support/http';
import { Pair } from '../support/pair';
import { script } from '../support/script';

/** Answers that take their time by contract: both are waited for at once. */
describe('answers that take half a minute and more', () => {
  let silent: { pair: Pair; job: HeldJob; outcome: Promise<{ answer: HttpAnswer; elapsedMs: number }> };
  let aged: Pair;

  beforeAll(async () => {
    aged = await Pair.start({ server: { MAX_AGE: '1' } });
    const pair = await Pair.start({ services: { example: { maxRuns: 1, runsPerUser: 1 } } });
    const job = await heldJob(pair);
    process.kill(pair.client.pid, 'SIGSTOP'); // takes connections, answers none
    const sentAt = Date.now();
    const outcome = pair.terminate(job.id).then((answer) => ({ answer, elapsedMs: Date.now() - sentAt }));
    silent = { pair, job, outcome };
  });
  afterAll(async () => {
    await aged.stop();
    await silent.pair.stop();
  });

  it('a job past its retention is Cleaned: told as JSON, without results', async () => {
    const id = await aged.submit(script('echo 1 > out'));
    const cleaned = await aged.waitFor(id, 'Cleaned', 90_000);
    expectStatusBody(await aged.get(`/download/${id}`), 200, { id, status: 'Cleaned' });
    expectStatusBody(await aged.get(`/download_partial/${id}`), 404);
    expect(aged.serverEntries()).toEqual([]);
    expect(cleaned.status).toBe('Cleaned');
    expectStatusBody(await aged.terminate(id), 409, { id, status: 'Cleaned' });
  }, 120_000);

  it('a termination without confirmation is 500 after 35 s and Locked, and is carried out later', async () => {
    const { pair, job } = silent;
    const { answer, elapsedMs } = await silent.outcome;
    expectStatusBody(answer, 500, { id: job.id, status: 'Locked', message: 'could not terminate job' });
    expect(elapsedMs).toBeGreaterThan(30_000);
    expect(elapsedMs).toBeLessThan(40_000);
    expect((await pair.status(job.id)).status).toBe('Locked');

    const waiting = await pair.submit(script('true'));
    expect((await pair.job(waiting)).status).toBe('Queued'); // the slot still counts
    process.kill(pair.client.pid, 'SIGCONT');
    await pair.waitFor(job.id, 'Killed', 30_000);
    await pair.waitFor(waiting, 'Completed', 30_000);
  }, 200_000);
});
