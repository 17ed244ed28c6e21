import { expectRefusal } from '../support/answers';
import { eventually } from '../support/eventually';
import { fileParts, multipart, request, type FileMap } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { script } from '../support/script';
import { HealthWatch } from '../support-jobs/health-watch';

describe('contents of an upload', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  it('case 5: an empty file and a file of one byte arrive with their sizes', async () => {
    const id = await pair.submit({
      'run.sh': script('stat -c "%n %s" * > sizes.txt'),
      'empty.dat': '',
      '1-byte.dat': 'x',
    });
    const zip = await pair.result(id);
    expect(zip.text('sizes.txt')).toContain('empty.dat 0\n');
    expect(zip.text('sizes.txt')).toContain('1-byte.dat 1\n');
    expect(zip.size('empty.dat')).toBe(0);
    expect(zip.text('1-byte.dat')).toBe('x');
  });

  it('case 5: every part may be empty, run.sh too', async () => {
    const zip = await pair.result(await pair.submit({ 'run.sh': '', a: '', b: '' }));
    expect([zip.size('a'), zip.size('b'), zip.size('run.sh')]).toEqual([0, 0, 0]);
  });

  it('case 5: contents that look like boundaries and line ends arrive byte for byte', async () => {
    const tricky = Buffer.concat([
      Buffer.from('\r\n--\r\n----test\r\n--\r\n\r\n\r'),
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.from('\r\n--'),
    ]);
    const zip = await pair.result(await pair.submit({ 'run.sh': script('true'), tricky }));
    expect(zip.bytes('tricky').equals(tricky)).toBe(true);
  });
});

describe('case 6: ten thousand files under a limit of 1,024 open files', () => {
  const FILES = 10_000;
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ serverOptions: { ulimitFiles: 1024 } });
  });
  afterAll(() => pair.stop());

  it('case 6: they are taken whole, while the server answers others and no descriptor is left open', async () => {
    const files: FileMap = { 'run.sh': script('ls | wc -l > count.txt') };
    for (let n = 0; n < FILES; n++) {
      files[`f${n}`] = String(n % 10);
    }
    await pair.result(await pair.submit(script('true'))); // connections that are kept are open now
    const idle = pair.server.openFiles();
    const { headers, body } = multipart([...pair.textParts(), ...fileParts(files)]); // made before this process has to watch
    const watch = new HealthWatch(pair.server);
    let answer;
    try {
      answer = await pair.post('/upload', { headers, body, timeoutMs: 60_000 });
    } finally {
      await watch.stop();
    }
    const id = acceptedId(answer);
    expect(watch.faults).toEqual([]);
    expect(watch.slowestMs).toBeLessThan(1_000);
    const zip = await pair.result(id, 60_000);
    expect(Number(zip.text('count.txt'))).toBeGreaterThanOrEqual(FILES + 1);
    expect(zip.names().filter((name) => /^f\d+$/.test(name))).toHaveLength(FILES);
    expect(zip.text('f9999')).toBe('9');
    expect(pair.server.log()).not.toContain('EMFILE');
    await eventually(() => pair.server.openFiles() <= idle + 2, { lastSeen: () => `${pair.server.openFiles()} open` });
  });
});

describe('limits of an upload', () => {
  const FILES = 5;
  const BYTES = 100_000;
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ server: { MAX_UPLOAD_FILES: String(FILES), MAX_UPLOAD_BYTES: String(BYTES) } });
  });
  afterAll(() => pair.stop());

  function someFiles(count: number): FileMap {
    const names = Array.from({ length: count - 1 }, (_, n) => `f${n}`);
    return { 'run.sh': script('true'), ...Object.fromEntries(names.map((name) => [name, name])) };
  }

  it('case 7: exactly as many files as allowed are taken', async () => {
    const zip = await pair.result(await pair.submit(someFiles(FILES)));
    expect(zip.names().filter((name) => /^f\d$/.test(name))).toHaveLength(FILES - 1);
  });

  it('case 7: text parts do not count as files', async () => {
    const fields = { a: '1', b: '2', c: '3', d: '4', e: '5' };
    acceptedId(await pair.upload(someFiles(FILES), { fields }));
  });

  it('case 7: one file more is refused with the limit in the message, and nothing is left', async () => {
    const before = pair.serverEntries();
    expectRefusal(await pair.upload(someFiles(FILES + 1)), 413, /\b5\b/);
    expect(pair.serverEntries()).toEqual(before);
  });

  it('case 7: a body of exactly as many bytes as allowed is taken', async () => {
    const parts = (padding: number) => [
      ...pair.textParts(),
      { filename: 'run.sh', content: script('true') },
      { filename: 'padding', content: Buffer.alloc(padding) },
    ];
    const padding = BYTES - multipart(parts(0)).body.length;
    const { headers, body } = multipart(parts(padding));
    expect(body).toHaveLength(BYTES);
    acceptedId(await pair.post('/upload', { headers, body }));
  });

  it('case 7: contents of one byte more are refused with the limit in the message, and nothing is left', async () => {
    const before = pair.serverEntries();
    const answer = await pair.upload({ 'run.sh': script('true'), padding: Buffer.alloc(BYTES + 1) });
    expectRefusal(answer, 413, /100000|100,000/);
    expect(pair.serverEntries()).toEqual(before);
  });

  it('case 7: a refusal leaves the next upload unharmed', async () => {
    await pair.upload(someFiles(FILES + 3));
    await pair.result(await pair.submit(someFiles(2)));
    expect((await request(`${pair.server.url}/health`)).status).toBe(200);
  });
});
