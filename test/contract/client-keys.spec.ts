import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Payload } from '../../src/wire/payload';
import { Executor, expectPayload } from '../support/executor';
import { script } from '../support/script';

const NOBODY = 987_654; // an id that no payload has

describe('what client mode adds for our own server', () => {
  let client: Executor;
  beforeAll(async () => {
    client = await Executor.start({ KILL_GRACE: '1' });
  });
  afterAll(() => client.stop());

  it('a key that was seen answers with the payload it has', async () => {
    const key = randomUUID();
    const marker = join(client.home, `ran-${key}`);
    const files = { 'run.sh': script(`echo ran >> ${marker}`) };
    const first = expectPayload(await client.submit(files, { 'x-job-key': key }), 200, { key });
    await client.fetched(first.id);
    expect((await client.submit(files, { 'x-job-key': key })).json<Payload>()).toMatchObject({ id: first.id, key });
    const simultaneous = randomUUID();
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.submit(files, { 'x-job-key': simultaneous })));
    expect(new Set(answers.map((answer) => answer.json<Payload>().id)).size).toBe(1);
    await client.fetched(answers[0]!.json<Payload>().id);
    expect(lineCount(marker)).toBe(2);
  });

  it('a key is found again, and one terminated before it arrived is refused', async () => {
    const key = randomUUID();
    expectPayload(await client.get(`/keys/${key}`), 404, { id: 0, status: 'Unknown' });
    expect((await client.post(`/keys/${key}/kill`)).status).toBe(200);
    expectPayload(await client.submit({ 'run.sh': script('true') }, { 'x-job-key': key }), 409);

    const known = randomUUID();
    const { id } = expectPayload(await client.submit({ 'run.sh': script('sleep 60') }, { 'x-job-key': known }), 200);
    expectPayload(await client.get(`/keys/${known}`), 200, { id });
    expect((await client.post(`/keys/${known}/kill`)).status).toBe(200);
    expectPayload(await client.get(`/retrieve/${id}`), 200, { status: 'Killed' });
  });

  it('a payload that is just being started is ended all the same', async () => {
    for (let round = 0; round < 10; round++) {
      const key = randomUUID();
      const { id } = expectPayload(await client.submit({ 'run.sh': script('sleep 60') }, { 'x-job-key': key }), 200);
      expect((await client.post(`/keys/${key}/kill`)).status).toBe(200);
      expectPayload(await client.get(`/retrieve/${id}`), 200, { status: 'Killed' });
    }
  });

  it('many payloads are asked for at once', async () => {
    const id = await client.submitted('true');
    const body = JSON.stringify({ ids: [id, NOBODY] });
    const answer = await client.post('/payloads/query', { headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(200);
    expect(answer.json<Payload[]>().map((payload) => payload.id)).toEqual([id]);
    const wrong = await client.post('/payloads/query', {
      headers: { 'content-type': 'application/json' },
      body: '{"ids":"x"}',
    });
    expectPayload(wrong, 400);
  });

  it('a payload that has ended is released; one that runs is not', async () => {
    const id = await client.submitted('sleep 60');
    await client.reaches(id, 'Running');
    expectPayload(await client.get(`/payloads/${id}`, { method: 'DELETE' }), 409);
    expect((await client.post(`/kill/${id}`)).status).toBe(200);
    expect((await client.get(`/payloads/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await client.get(`/payloads/${id}`, { method: 'DELETE' })).status).toBe(204);
    expectPayload(await client.get(`/payloads/${NOBODY}`, { method: 'DELETE' }), 404);
  });
});

function lineCount(file: string): number {
  return readFileSync(file, 'utf8').trim().split('\n').length;
}
