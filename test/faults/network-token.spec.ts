import { eventually } from '../support/eventually';
import { request } from '../support/http';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { expectPayload } from '../support/executor';
import { owning } from '../support-faults/owned';

const own = owning();
const TOKEN = 'a-secret-of-two-programs';

it('an executor with a token serves nobody without it, and jobs wait for a server that knows it', async () => {
  const pair = await own(Pair.start({ server: { EXECUTOR_TOKEN: `${TOKEN}-no` }, client: { EXECUTOR_TOKEN: TOKEN } }));
  const { url } = pair.client;
  for (const [method, path] of [
    ['POST', '/submit'],
    ['GET', '/retrieve/1'],
    ['GET', '/retrieve_partial/1'],
    ['POST', '/kill/1'],
    ['GET', '/load'],
    ['GET', '/events'],
    ['POST', '/payloads/query'],
    ['DELETE', '/payloads/1'],
    ['GET', '/keys/abcdefgh'],
    ['POST', '/keys/abcdefgh/kill'],
  ] as const) {
    for (const headers of [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }] as Record<
      string,
      string
    >[]) {
      expectPayload(await request(url + path, { method, headers }), 401, { id: 0, status: 'Unknown' });
    }
  }
  expect((await request(`${url}/health`)).status).toBe(200);
  expect((await request(`${url}/load`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);

  const id = await pair.submit(script('echo ok > out'));
  await eventually(async () => (await pair.job(id)).message.includes('EXECUTOR_TOKEN'));
  await eventually(async () => (await pair.job(id)).status === 'Queued');
  expect((await pair.status(id)).message).toMatch(/EXECUTOR_TOKEN/);
  await pair.restartServer({ server: {} });
  await eventually(async () => (await pair.job(id)).message.includes('EXECUTOR_TOKEN'));
  await pair.restartServer({ server: { EXECUTOR_TOKEN: TOKEN } });
  expect((await pair.result(id)).text('out')).toBe('ok\n');
});
