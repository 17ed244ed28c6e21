import { expectRefusal } from '../support/answers';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { script } from '../support/script';

const NOBODY = 987_654; // an id that no job has

describe('the routes of server mode', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  describe('ids', () => {
    const routes = [
      ['GET', '/download'],
      ['GET', '/download_partial'],
      ['POST', '/terminate'],
      ['GET', '/jobs'],
    ] as const;

    it.each(routes)('%s %s/{id} answers 404 for a job that does not exist', async (method, path) => {
      for (const id of [NOBODY, 0, -1]) {
        const answer = await pair.get(`${path}/${id}`, { method });
        expectRefusal(answer, 404, `Job ${id} not found in the database`);
      }
    });

    it.each(routes)('%s %s/{id} refuses what is no id', async (method, path) => {
      for (const id of ['abc', '1.5', '1e3', '0x1', '99999999999999999999', '%00', '%F0%28%8C', '1%2F2']) {
        const answer = await pair.get(`${path}/${id}`, { method });
        expect({ id, status: answer.status }).toEqual({ id, status: answer.status === 404 ? 404 : 400 });
        expectRefusal(answer, answer.status, /./);
      }
    });
  });

  describe('jobs and services', () => {
    it('GET /jobs/{id} tells everything of a job', async () => {
      const before = Date.now();
      const id = await pair.submit(script('exit 3'), { user: 42 });
      await pair.waitFor(id, 'Failed');
      const job = await pair.job(id);
      expect(job).toMatchObject({ id, user_id: 42, service: 'example', status: 'Failed', exit_code: 3 });
      expect(job.message).toMatch(/exit code 3/);
      const times = ['created_at', 'submitted_at', 'started_at', 'ended_at', 'expires_at'].map((key) => {
        expect(job).toHaveProperty(key);
        return new Date(job[key] as string | number).getTime();
      });
      expect([...times].sort((a, b) => a - b)).toEqual(times);
      expect(times[0]).toBeGreaterThanOrEqual(before - 1_000);
      expect(times[4]! - times[3]!).toBeCloseTo(864_000_000, -3);
    });

    it('GET /jobs/{id} of a running job has no end yet', async () => {
      const { id, release } = await heldJob(pair);
      const job = await pair.job(id);
      expect(job).toMatchObject({ status: 'Running', exit_code: null, ended_at: null, expires_at: null });
      release();
      await pair.waitFor(id, 'Completed');
    });

    it('GET /services tells names and limits', async () => {
      const answer = await pair.get('/services');
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual([expect.objectContaining({ name: 'example', max_runs: 200, runs_per_user: 100 })]);
    });
  });

  describe('the rest', () => {
    it('GET / answers pong and GET /health ok', async () => {
      const ping = await pair.get('/');
      expect([ping.status, ping.json()]).toEqual([200, { message: 'pong' }]);
      const health = await pair.get('/health');
      expect(health.status).toBe(200);
      expect(health.json()).toMatchObject({ status: 'ok', database: 'ok' });
    });

    it.each(['/swagger', '/swagger-ui/', '/swagger-ui'])('GET %s leads to the Swagger UI', async (start) => {
      let answer = await pair.get(start);
      for (let hops = 0; hops < 3 && answer.status >= 300 && answer.status < 400; hops++) {
        answer = await pair.get(new URL(answer.headers.location!, pair.server.url).pathname);
      }
      expect(answer.status).toBe(200);
      expect(answer.contentType).toContain('text/html');
      expect(answer.text).toMatch(/swagger/i);
    });

    it.each([
      ['GET', '/upload', 'POST'],
      ['PUT', '/upload', 'POST'],
      ['DELETE', '/upload', 'POST'],
      ['POST', '/download/1', 'GET'],
      ['POST', '/download_partial/1', 'GET'],
      ['GET', '/terminate/1', 'POST'],
      ['DELETE', '/jobs/1', 'GET'],
      ['POST', '/health', 'GET'],
      ['POST', '/services', 'GET'],
      ['POST', '/', 'GET'],
    ])('%s %s is 405, and says what is allowed', async (method, path, allowed) => {
      const answer = await pair.get(path, { method });
      expectRefusal(answer, 405, new RegExp(allowed));
      expect(answer.headers.allow).toContain(allowed);
    });

    it.each(['/nope', '/upload/1', '/download', '/jobs/1/nope', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd'])(
      'GET %s, which nobody serves, is 404',
      async (path) => {
        expectRefusal(await pair.get(path), 404, /./);
      },
    );

    it('refuses a body on a wrong path without reading all of it into memory', async () => {
      const { peak } = pair.server.memory();
      const answer = await pair.post('/nope', { body: Buffer.alloc(32 * 1024 * 1024) });
      expectRefusal(answer, 404, /./);
      expect(pair.server.memory().peak - peak).toBeLessThan(24 * 1024 * 1024);
    });
  });
});
