import { Readable } from 'node:stream';
import { expectRefusal } from '../support/answers';
import { eventually } from '../support/eventually';
import { HttpAnswer, multipart } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { RawConnection } from '../support/raw-http';
import { script } from '../support/script';

const MIB = 1024 * 1024;

describe('case 9: uploads that are given up', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  it.each([
    ['a reset', (connection: RawConnection) => connection.abort()],
    ['an orderly end', (connection: RawConnection) => connection.finish()],
  ])('case 9: 50 uploads cut by %s leave no directory, no descriptor and no job', async (_, cut) => {
    const lastId = await pair.submit(script('true'));
    await pair.result(lastId);
    const idle = { entries: pair.serverEntries(), openFiles: pair.server.openFiles() };

    const uploads = await Promise.all(Array.from({ length: 50 }, () => beginUpload(pair, 20 * MIB)));
    await Promise.all(uploads.map((upload) => upload.send(Buffer.alloc(5 * MIB))));
    expect(pair.serverEntries().length).toBeGreaterThan(idle.entries.length); // they had begun
    uploads.forEach(cut);

    await eventually(() => pair.serverEntries().length <= idle.entries.length, { timeoutMs: 5_000 });
    expect(pair.serverEntries()).toEqual(idle.entries);
    await eventually(() => pair.server.openFiles() <= idle.openFiles, {
      timeoutMs: 5_000,
      lastSeen: () => `${pair.server.openFiles()} open, ${idle.openFiles} when idle`,
    });
    expect(await pair.submit(script('true'))).toBe(lastId + 1);
    expect((await pair.get('/health')).status).toBe(200);
  });
});

describe('case 10: chunked bodies', () => {
  const LIMIT = 2 * MIB;
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ server: { MAX_UPLOAD_BYTES: String(LIMIT) } });
  });
  afterAll(() => pair.stop());

  /** A form sent in chunks of any cut, without a length. */
  const chunked = (content: Buffer, pieceBytes: number) => {
    const { headers, body } = multipart([
      ...pair.textParts(),
      { filename: 'run.sh', content: script('true') },
      { filename: 'data', content },
    ]);
    function* pieces() {
      for (let at = 0; at < body.length; at += pieceBytes) {
        yield body.subarray(at, at + pieceBytes);
      }
    }
    return pair.post('/upload', { headers, body: Readable.from(pieces()) });
  };

  it.each([1, 7, 4096])('case 10: a small chunked body in pieces of %i bytes is taken', async (pieceBytes) => {
    const data = Buffer.alloc(1024, '\r\n-');
    const zip = await pair.result(acceptedId(await chunked(data, pieceBytes)));
    expect(zip.bytes('data').equals(data)).toBe(true);
  });

  it('case 10: a chunked body past the limit is refused, and nothing is stored', async () => {
    const before = pair.serverEntries();
    expectRefusal(await chunked(Buffer.alloc(2 * LIMIT), 64 * 1024), 413, new RegExp(String(LIMIT)));
    expect(pair.serverEntries()).toEqual(before);
  });

  it('case 10: a chunked body without end is cut off, costing neither disk nor memory', async () => {
    const before = pair.serverEntries();
    const { rss } = pair.server.memory();
    const upload = await beginUpload(pair, null);
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB), Buffer.from('\r\n')]);
    let sent = 0;
    // 4 GiB: far more than anybody would read and drop.
    while (!upload.isClosed && sent < 4096) {
      await upload.send(chunk);
      sent++;
    }
    expect(upload.isClosed).toBe(true);
    expect(pair.serverEntries()).toEqual(before);
    expect(pair.server.memory().rss - rss).toBeLessThan(60 * MIB);
    expect(pair.server.log()).not.toMatch(/"level":(50|60)/);
  });

  it.each([
    ['with a length', (size: number): number | null => size],
    ['in chunks', (): number | null => null],
  ])('case 10: a refusal reaches a client that reads only after it has sent all, %s', async (_, length) => {
    const size = 16 * MIB;
    const upload = await beginUpload(pair, length(size));
    const block = Buffer.alloc(MIB);
    for (let sent = 0; sent < size; sent += block.length) {
      await upload.send(length(size) === null ? chunkOf(block) : block);
    }
    const { status, body } = await upload.answer();
    expectRefusal(new HttpAnswer(status, { 'content-type': 'application/json' }, Buffer.from(body)), 413, /limit/);
  });

  it('case 10: a chunked body with a broken chunk size is refused, and nothing is stored', async () => {
    const before = pair.serverEntries();
    const upload = await beginUpload(pair, null);
    await upload.send('zz\r\nnonsense\r\n');
    const { status } = await upload.answer();
    expect([0, 400]).toContain(status);
    await eventually(() => pair.serverEntries().length === before.length);
    expect((await pair.get('/health')).status).toBe(200);
  });
});

function chunkOf(data: Buffer | string): Buffer {
  const size = Buffer.byteLength(data).toString(16);
  return Buffer.concat([Buffer.from(`${size}\r\n`), Buffer.from(data), Buffer.from('\r\n')]);
}

/** Sends an upload up to the first bytes of a file; `fileBytes` is what its length promises, null for a chunked body. */
async function beginUpload(pair: Pair, fileBytes: number | null): Promise<RawConnection> {
  const { headers, body, boundary } = multipart([...pair.textParts(), { filename: 'data', content: '' }]);
  const closing = Buffer.byteLength(`\r\n--${boundary}--\r\n`);
  const begin = body.subarray(0, body.length - closing);
  const framing = fileBytes === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length + fileBytes}`;
  const connection = await RawConnection.open(pair.server.port);
  await connection.send(
    `POST /upload HTTP/1.1\r\nHost: test\r\nContent-Type: ${headers['content-type'] ?? ''}\r\n${framing}\r\n\r\n`,
  );
  await connection.send(fileBytes === null ? chunkOf(begin) : begin);
  return connection;
}
