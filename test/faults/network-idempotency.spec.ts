import { fileParts, type FileMap, type HttpAnswer, multipart, request } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { owning } from '../support-faults/owned';
import { TcpProxy } from '../support-faults/tcp-proxy';

const own = owning();

function send(pair: Pair, url: string, files: FileMap, key?: string): Promise<HttpAnswer> {
  const { headers, body } = multipart([...pair.textParts(), ...fileParts(files)]);
  const all = { ...headers, ...(key !== undefined && { 'idempotency-key': key }) };
  return request(`${url}/upload`, { method: 'POST', headers: all, body });
}

it('case 59: an upload whose answer is lost can be repeated, concurrently too, and makes one job', async () => {
  const pair = await own(Pair.start());
  const proxy = await TcpProxy.start(pair.serverPort);
  const log = new RunLog(pair.shared);
  const files = { 'run.sh': log.script('repeated'), data: 'one' };
  proxy.injure(/^POST \/upload/, { kind: 'drop-answer' });
  await expect(send(pair, proxy.url, files, 'key-1')).rejects.toThrow();
  await proxy.cut();

  const { url } = pair.server;
  const repeats = await Promise.all(upTo(8).map(() => send(pair, url, files, 'key-1')));
  const ids = new Set(repeats.map(acceptedId));
  expect(ids.size).toBe(1);
  const fresh = await Promise.all(upTo(8).map(() => send(pair, url, { ...files, data: 'two' }, 'key-2')));
  expect(new Set(fresh.map(acceptedId)).size).toBe(1);

  const other = await send(pair, url, { ...files, data: 'other' }, 'key-1');
  expect([other.status, other.json<{ status: string }>().status]).toEqual([409, 'Unknown']);
  await pair.server.kill9();
  await pair.restartServer();
  expect(ids.has(acceptedId(await send(pair, url, files, 'key-1')))).toBe(true);
  expect((await send(pair, url, { ...files, data: 'other' }, 'key-1')).status).toBe(409);

  const bare = [await send(pair, url, files), await send(pair, url, files)].map(acceptedId);
  expect(new Set(bare).size).toBe(2);
  for (const id of [...ids, ...fresh.map(acceptedId).slice(0, 1), ...bare]) await pair.waitFor(id, 'Completed');
  expect(log.started('repeated')).toHaveLength(4);
  expect(pair.serverEntries()).toHaveLength(4); // repeats leave nothing behind
});

it('a repeat gives its job although the server allows less by then', async () => {
  const services = { example: {} };
  const pair = await own(Pair.start({ services, server: { SERVICE_EXAMPLE_MAX_RUNTIME: '60' } }));
  const files = { 'run.sh': '#!/bin/bash\ntrue\n' };
  const sendLong = (key: string) => {
    const walltime = { name: 'walltime', content: '60' };
    const { headers, body } = multipart([...pair.textParts(), walltime, ...fileParts(files)]);
    return request(`${pair.server.url}/upload`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': key },
      body,
    });
  };
  const id = acceptedId(await sendLong('long'));
  await pair.waitFor(id, 'Completed');
  await pair.restartServer({ server: { SERVICE_EXAMPLE_MAX_RUNTIME: '30' } });
  expect(acceptedId(await sendLong('long'))).toBe(id);
  expect((await sendLong('longer')).status).toBe(400);
});
