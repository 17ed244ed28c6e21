import { join } from 'node:path';
import { request } from '../support/http';
import { Pair } from '../support/pair';
import { itUnless } from '../support-jobs/conditions';
import { MIB, noSmallDisk, SmallDisk } from '../support-storage/small-disk';
import { DatabaseLock } from '../support-storage/sqlite-file';

const READY = { status: 'ready', database: 'ok', disk: 'ok' };

describe('GET /ready', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ client: { EXECUTOR_TOKEN: 'a-secret-of-two-programs' } });
  });
  afterAll(() => pair.stop());

  const ask = async (url: string, path = '/ready') => {
    const answer = await request(url + path);
    return [answer.status, answer.json()];
  };

  it('is 200 in both modes while jobs can be taken, and asks for no token', async () => {
    expect(await ask(pair.server.url)).toEqual([200, READY]);
    expect(await ask(pair.client.url)).toEqual([200, READY]);
  });

  it('is 503 while another process keeps the database from being written, when /health is 200', async () => {
    const lock = await DatabaseLock.take(join(pair.root, 'server', 'db.sqlite'));
    try {
      expect(await ask(pair.server.url)).toEqual([503, { ...READY, status: 'not ready', database: 'busy' }]);
      expect(await ask(pair.server.url, '/health')).toEqual([200, expect.objectContaining({ status: 'ok' })]);
    } finally {
      await lock.release();
    }
    expect(await ask(pair.server.url)).toEqual([200, READY]);
  });

  it('shares one answer among all who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(pair.client.url)));
    expect(answers).toEqual(answers.map(() => [200, READY]));
  });
});

describe('GET /ready on a disk that fills up', () => {
  itUnless(noSmallDisk(), 'is 503 below 64 MiB, when /health is 200, and 200 again with room', async () => {
    const disk = SmallDisk.mount(80 * MIB);
    let pair: Pair | undefined;
    try {
      pair = await Pair.start({ withClient: false, server: { DATA_PATH: join(disk.path, 'data') } });
      expect((await pair.get('/ready')).status).toBe(200);
      disk.fill(40 * MIB);
      expect((await pair.get('/ready')).json()).toEqual({ ...READY, status: 'not ready', disk: 'full' });
      expect([(await pair.get('/ready')).status, (await pair.get('/health')).status]).toEqual([503, 200]);
      disk.makeRoom();
      expect((await pair.get('/ready')).status).toBe(200);
    } finally {
      await pair?.stop();
      disk.remove();
    }
  });
});
