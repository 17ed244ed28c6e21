import { expectStatusBody } from '../support/answers';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { script } from '../support/script';

let pair: Pair;
beforeAll(async () => (pair = await Pair.start()));
afterAll(() => pair.stop());

describe('GET /download/{id}?wait=SECONDS', () => {
  it('answers with the zip when the job becomes Completed, long before the time is over', async () => {
    const { id, release } = await heldJob(pair);
    const answer = pair.get(`/download/${id}?wait=300`, { timeoutMs: 30_000 });
    release();
    expect((await answer).isZip).toBe(true);
  });

  it('answers with the state as it is when the time is over', async () => {
    const { id, release } = await heldJob(pair);
    expectStatusBody(await pair.get(`/download/${id}?wait=1`), 200, { id, status: 'Running' });
    release();
    await pair.waitFor(id, 'Completed');
  });

  it('answers at once for a job that has ended', async () => {
    const id = await pair.submit(script('exit 3'));
    await pair.waitFor(id, 'Failed');
    expectStatusBody(await pair.get(`/download/${id}?wait=300`, { timeoutMs: 10_000 }), 200, { id, status: 'Failed' });
  });

  it('answers a job that is terminated meanwhile', async () => {
    const { id } = await heldJob(pair);
    const answer = pair.get(`/download/${id}?wait=300`, { timeoutMs: 30_000 });
    await pair.terminate(id);
    expectStatusBody(await answer, 200, { id, status: 'Killed' });
  });

  it('answers while the server stops', async () => {
    const { id, release } = await heldJob(pair);
    // Both are under way: whoever asked gets a state, not a cut connection.
    const answer = pair.get(`/download/${id}?wait=300`, { timeoutMs: 30_000 });
    await pair.get('/health');
    await pair.restartServer();
    expectStatusBody(await answer, 200, { id, status: 'Running' });
    release();
    await pair.waitFor(id, 'Completed');
  });

  it.each(['x', '-1', '301', '1.5', '', '1&wait=2'])('refuses wait=%s, naming the parameter', async (wait) => {
    const body = expectStatusBody(await pair.get(`/download/1?wait=${wait}`), 400);
    expect(body.message).toBe('wait: must be a whole number of seconds from 0 to 300');
  });

  it('is 404 for a job that nobody knows', async () => {
    expectStatusBody(await pair.get('/download/999999?wait=300', { timeoutMs: 10_000 }), 404);
  });
});
