import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually';
import { BOUNDARY, formBody, formHead, FormServer, httpChunk, type Outcome } from '../../../test/support/form-server';
import { errnoOf } from '../errors';
import { BadFormError, FormTooLargeError, RequestAbortedError } from './multipart-errors';

const server = new FormServer();
const defaults = server.options;

beforeAll(() => server.start());
afterAll(() => server.stop());
beforeEach(() => (server.options = defaults));

/** What a form left: its fields, and its files as they are on disk. */
function contentsOf(outcome: Outcome) {
  if ('error' in outcome) {
    throw outcome.error;
  }
  const { form, directory } = outcome;
  const onDisk = readdirSync(directory).sort();
  expect(onDisk).toEqual(form.files.map(({ name }) => name).sort());
  const files = Object.fromEntries(onDisk.map((name) => [name, readFileSync(join(directory, name), 'latin1')]));
  for (const { name, size } of form.files) {
    expect(size).toBe(files[name]?.length);
  }
  return { fields: Object.fromEntries(form.fields), files, bytes: form.bytes };
}

function errorOf(outcome: Outcome): Error {
  if (!('error' in outcome)) {
    throw new Error(`accepted: ${JSON.stringify(outcome.form)}`);
  }
  return outcome.error as Error;
}

async function post(body: Buffer, contentType?: string): Promise<Outcome> {
  return server.send(formHead(body.length, contentType), body);
}

describe('a form that is whole', () => {
  it('leaves its files on disk, byte by byte, and its fields in memory', async () => {
    const content = randomBytes(3 * 1024 * 1024 + 17);
    const body = formBody([
      { name: 'user_id', content: '7' },
      { filename: 'run.sh', content: 'echo hi\r\n' },
      { filename: 'empty.dat', content: '' },
      { filename: '../../large', content },
      { name: 'user_id', content: '8' },
      { filename: 'middle', content: content.subarray(0, 100_000) },
    ]);
    server.options = { ...defaults, durable: true };
    const { fields, files, bytes } = contentsOf(await post(body));
    expect(fields).toEqual({ user_id: '7' });
    expect(Object.keys(files)).toEqual(['empty.dat', 'large', 'middle', 'run.sh']);
    expect(files['run.sh']).toBe('echo hi\r\n');
    expect(files.large).toBe(content.toString('latin1'));
    expect(files.middle).toBe(content.toString('latin1', 0, 100_000));
    expect(bytes).toBe(body.length);
  });

  it('is the same wherever the network cuts it in two', async () => {
    const body = formBody([
      { name: 'user_id', content: '1' },
      { filename: 'ü.txt', content: `\r\n--${BOUNDARY.slice(0, -1)}` },
    ]);
    const expected = contentsOf(await post(body));
    for (let at = 1; at < body.length; at++) {
      const chunks = [body.subarray(0, at), body.subarray(at)].map(httpChunk);
      const outcome = await server.send(formHead('chunked'), ...chunks, '0\r\n\r\n');
      expect(contentsOf(outcome)).toEqual(expected);
    }
  });

  it('is the same in random chunks', async () => {
    const body = formBody(
      Array.from({ length: 30 }, (_, i) => ({ filename: `f${i}`, content: randomBytes(randomInt(60_000)) })),
    );
    const expected = contentsOf(await post(body));
    for (let round = 0; round < 10; round++) {
      const chunks = [];
      for (let at = 0; at < body.length;) {
        const length = randomInt(1, round % 2 === 0 ? 500 : 100_000);
        chunks.push(httpChunk(body.subarray(at, at + length)));
        at += length;
      }
      expect(contentsOf(await server.send(formHead('chunked'), Buffer.concat(chunks), '0\r\n\r\n'))).toEqual(expected);
    }
  });

  it('may hold a file input in which no file was chosen', async () => {
    expect(contentsOf(await post(formBody([{ filename: '', content: '' }]))).files).toEqual({});
  });

  it('may hold 10,000 files, a few of them open at a time, and the event loop goes on', async () => {
    const parts = Array.from({ length: 10_000 }, (_, i) => ({ filename: `f${i}`, content: 'x' }));
    let mostOpen = 0;
    let longestPause = 0;
    let last = performance.now();
    const before = server.openDescriptors().length;
    const probe = setInterval(() => {
      longestPause = Math.max(longestPause, performance.now() - last);
      mostOpen = Math.max(mostOpen, server.openDescriptors().length - before);
      last = performance.now();
    }, 5);
    const outcome = await post(formBody(parts));
    clearInterval(probe);
    expect(Object.keys(contentsOf(outcome).files)).toHaveLength(10_000);
    expect(mostOpen).toBeLessThanOrEqual(8 + 2); // two sockets of the request
    expect(longestPause).toBeLessThan(500);
  });
});

describe('a form that is bad', () => {
  const whole = formBody([{ filename: 'run.sh', content: 'x' }]);

  it.each([
    ['without its closing boundary', whole.subarray(0, -BOUNDARY.length - 8), /ended before its closing boundary/],
    ['cut in its closing boundary', whole.subarray(0, -10), /ended before its closing boundary/],
    ['empty', Buffer.alloc(0), /ended before its closing boundary/],
    ['no form at all', Buffer.from('zzz'), /ended before its closing boundary/],
    ['with two files of one name', formBody(twoFiles('x.txt', 'x.txt')), /two files have the name "x.txt"/],
    ['with two names that become one', formBody(twoFiles('a/x.txt', 'b/x.txt')), /two files have the name "x.txt"/],
    ['with a reserved name', formBody([{ filename: 'a/.reserved', content: '' }]), /"\.reserved" is reserved/],
    ['with a newline in a name', formBody([{ filename: 'a\nb', content: '' }]), /"a\\nb" .* control character/],
    ['with a file without a name', formBody([{ filename: '', content: 'x' }]), /part 1 .* its filename is empty/],
    ['with a long text', formBody([{ name: 'note', content: 'x'.repeat(1025) }]), /field "note" is too long/],
    [
      'with a text not in UTF-8',
      formBody([{ name: 'note', content: Buffer.from([0xff]) }]),
      /"note" is not valid UTF-8/,
    ],
    ['with a part without a disposition', Buffer.from(`--${BOUNDARY}\r\n\r\nx`), /part 1 has no Content-Disposition/],
  ])('is refused %s, within two seconds', async (_, body, message) => {
    const started = performance.now();
    const error = errorOf(await post(body));
    expect(error).toBeInstanceOf(BadFormError);
    expect(error.message).toMatch(message);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it.each([
    ['', /Content-Type header is missing/],
    ['text/plain', /"text\/plain": multipart\/form-data is needed/],
    ['multipart/form-data', /boundary is missing/],
  ])('is refused with the Content-Type %j', async (contentType, message) => {
    expect(errorOf(await post(whole, contentType)).message).toMatch(message);
  });

  it('is refused by what the field listener throws, before the rest has come', async () => {
    const refusal = new Error('no such service');
    const onField = (name: string): void => {
      if (name === 'service') {
        throw refusal;
      }
    };
    server.options = { ...defaults, onField };
    const body = formBody([{ name: 'service', content: 'x' }]);
    expect(errorOf(await server.send(formHead(body.length + 1), body))).toBe(refusal);
  });

  it('passes an error of the disk on as it comes, and leaves nothing open', async () => {
    const descriptors = server.openDescriptors().length;
    const onField = (): void => rmSync(server.lastDirectory, { recursive: true });
    server.options = { ...defaults, onField };
    const large = randomBytes(4 * 1024 * 1024);
    const body = formBody([{ name: 'a', content: '' }, { filename: 'large', content: large }, ...twoFiles('b', 'c')]);
    expect(errnoOf(errorOf(await post(body)))).toBe('ENOENT');
    await eventually(() => server.openDescriptors().length <= descriptors);
  });

  it('is refused where the disk takes two names for one', async () => {
    const onField = (): void => writeFileSync(join(server.lastDirectory, 'A.txt'), '');
    server.options = { ...defaults, onField };
    const body = formBody([
      { name: 'a', content: '' },
      { filename: 'A.txt', content: 'x' },
    ]);
    const error = errorOf(await post(body));
    expect(error).toBeInstanceOf(BadFormError);
    expect(error.message).toContain('names that this disk takes for one');
  });
});

function twoFiles(one: string, two: string) {
  return [
    { filename: one, content: 'one' },
    { filename: two, content: 'two' },
  ];
}

describe('a form and its limits', () => {
  const files = (count: number) =>
    formBody(Array.from({ length: count }, (_, i) => ({ filename: `f${i}`, content: 'x' })));

  it('has exactly as many files as the limit, and not one more', async () => {
    server.options = { ...defaults, limits: { ...defaults.limits, maxFiles: 5 } };
    expect(Object.keys(contentsOf(await post(files(5))).files)).toHaveLength(5);
    const error = errorOf(await post(files(6)));
    expect(error).toBeInstanceOf(FormTooLargeError);
    expect(error.message).toContain('the limit is 5 files');
  });

  it('has exactly as many bytes as the limit, and not one more, whether it says so or not', async () => {
    const body = files(3);
    const send = (framing: 'length' | 'chunked') =>
      framing === 'length' ? post(body) : server.send(formHead('chunked'), httpChunk(body), '0\r\n\r\n');
    for (const framing of ['length', 'chunked'] as const) {
      server.options = { ...defaults, limits: { ...defaults.limits, maxBytes: body.length } };
      expect(contentsOf(await send(framing)).bytes).toBe(body.length);
      server.options = { ...defaults, limits: { ...defaults.limits, maxBytes: body.length - 1 } };
      const error = errorOf(await send(framing));
      expect(error).toBeInstanceOf(FormTooLargeError);
      expect(error.message).toContain(`the limit is ${body.length - 1} bytes`);
    }
  });

  it('is refused by its Content-Length alone, before a byte of it has come', async () => {
    server.options = { ...defaults, limits: { ...defaults.limits, maxBytes: 1000 } };
    expect(errorOf(await server.send(formHead(1001)))).toBeInstanceOf(FormTooLargeError);
  });

  it('has not more text fields than memory should hold', async () => {
    const body = formBody(Array.from({ length: 1001 }, () => ({ name: 'a', content: '' })));
    expect(errorOf(await post(body)).message).toContain('the limit is 1000 fields');
  });
});

describe('a peer that goes away', () => {
  it('leaves no descriptor and nothing that is written later', async () => {
    const descriptors = server.openDescriptors().length;
    const before = server.outcomes.length;
    const start = formBody([{ filename: 'large', content: randomBytes(5 * 1024 * 1024) }]).subarray(0, -100);
    const sockets = Array.from({ length: 20 }, () => {
      const socket = server.connect();
      socket.write(formHead(20 * 1024 * 1024));
      socket.write(start, () => socket.destroy());
      return socket;
    });
    await eventually(() => server.outcomes.length === before + sockets.length);
    for (const outcome of server.outcomes.slice(before)) {
      expect(errorOf(outcome)).toBeInstanceOf(RequestAbortedError);
    }
    await eventually(() => server.openDescriptors().length <= descriptors, {
      lastSeen: () => `${server.openDescriptors().length} where there were ${descriptors}`,
    });
    expect(server.outcomes.slice(before).filter(({ directory }) => existsSync(directory))).toEqual([]);
  });

  it('or stalls, is given up', async () => {
    server.options = { ...defaults, idleMs: 100 };
    const error = errorOf(await server.send(formHead(1000), `--${BOUNDARY}\r\n`));
    expect(error).toBeInstanceOf(RequestAbortedError);
    expect(error.message).toBe('no byte of the form came for 0.1 s');
  });
});
