import { join } from 'node:path';
import { streamedForm } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { script } from '../support/script';
import { ZipContents } from '../support/zip';

const MIB = 1024 * 1024;
const SIZE = (process.env.TEST_LONG === 'short' ? 200 : 400) * MIB - 64 * 1024; // room for the other parts
const ALLOWANCE = 60 * MIB;

describe(`memory while ${Math.round(SIZE / MIB)} MiB pass`, () => {
  let pair: Pair;
  let id: number;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  it('uploading, passing on, running, fetching back and serving cost each program less than 60 MiB', async () => {
    // What the first job of any size needs once belongs to the idle program.
    const small = await pair.submit({ 'run.sh': script('true'), data: Buffer.alloc(MIB) });
    await pair.result(small);
    const idle = { server: pair.server.memory().rss, client: pair.client.memory().rss };
    const cost = () => ({
      server: Math.round((pair.server.memory().peak - idle.server) / MIB),
      client: Math.round((pair.client.memory().peak - idle.client) / MIB),
    });
    const costs: Record<string, ReturnType<typeof cost>> = {};

    const form = streamedForm(
      [...pair.textParts(), { filename: 'run.sh', content: script('sha256sum big.bin > sum.txt') }],
      'big.bin',
      SIZE,
    );
    const answer = await pair.post('/upload', { headers: form.headers, body: form.stream, timeoutMs: 120_000 });
    id = acceptedId(answer);
    costs.uploaded = cost();
    await pair.waitFor(id, ['Running', 'Completed'], 120_000);
    costs.handedOver = cost();
    await pair.waitFor(id, 'Completed', 300_000);
    costs.fetched = cost();
    const file = join(pair.shared, 'result.zip');
    await pair.get(`/download/${id}`, { saveTo: file, timeoutMs: 120_000 });
    costs.served = cost();

    const zip = await ZipContents.read(file);
    expect(zip.size('big.bin')).toBe(SIZE);
    expect(zip.text('sum.txt')).toContain(zip.sha256('big.bin'));
    console.log(`MiB above idle: ${JSON.stringify(costs)}`);
    expect(Math.max(costs.served.server, costs.served.client)).toBeLessThan(ALLOWANCE / MIB);
  }, 600_000);

  it('readers that stop in the middle of a download cost as little', async () => {
    const before = pair.server.memory().rss;
    const url = `${pair.server.url}/download/${id}`;
    const stalled = await Promise.all(Array.from({ length: 5 }, () => fetch(url)));
    await pair.get(`/download/${id}`, { dropZip: true, timeoutMs: 120_000 }); // time enough for the others to fill up
    expect(stalled.map((answer) => answer.headers.get('content-type'))).toEqual(Array(5).fill('application/zip'));
    expect((pair.server.memory().rss - before) / MIB).toBeLessThan(ALLOWANCE / MIB);
    for (const answer of stalled) {
      await answer.body?.cancel();
    }
  }, 200_000);
});
