import { gzipSync } from 'node:zlib';
import { expectRefusal } from '../support/answers';
import { HttpAnswer, multipart, type Form } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { rawExchange, type RawAnswer } from '../support/raw-http';
import { script } from '../support/script';

const CRLF = '\r\n';

/** An upload request as bytes, with a correct length for whatever body it is given. */
function uploadRequest(contentType: string | null, body: Buffer | string): Buffer {
  const head = [
    'POST /upload HTTP/1.1',
    'Host: test',
    ...(contentType === null ? [] : [`Content-Type: ${contentType}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.concat([Buffer.from(head.join(CRLF) + CRLF + CRLF), Buffer.from(body)]);
}

function asAnswer(raw: RawAnswer): HttpAnswer {
  const type = /^content-type: (.*)$/im.exec(raw.head)?.[1];
  return new HttpAnswer(raw.status, type === undefined ? {} : { 'content-type': type }, Buffer.from(raw.body));
}

describe('framing of an upload', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  const goodForm = (): Form =>
    multipart([
      ...pair.textParts(),
      { filename: 'run.sh', content: script('true') },
      { filename: 'data', content: Buffer.alloc(3_000, 'd') },
    ]);

  /** Runs `refused` and fails if it left a job or a directory behind. */
  async function leavingNothing(refused: () => Promise<void>): Promise<void> {
    const idBefore = await pair.submit(script('true'));
    const before = pair.serverEntries();
    await refused();
    expect(pair.serverEntries()).toEqual(before);
    expect(await pair.submit(script('true'))).toBe(idBefore + 1);
  }

  const closing = (form: Form) => Buffer.byteLength(`--${form.boundary}--${CRLF}`);

  it.each<[string, (form: Form) => Buffer]>([
    ['lacks its final boundary', ({ body, ...form }) => body.subarray(0, body.length - closing({ body, ...form }))],
    ['is cut in the middle of its final boundary', ({ body }) => body.subarray(0, body.length - 12)],
    ['is cut before the last two dashes', ({ body }) => body.subarray(0, body.length - 4)],
    ['is cut in the contents of a file', ({ body }) => body.subarray(0, body.length - 1_500)],
    ['is cut in the header of a part', ({ body }) => body.subarray(0, body.indexOf('filename="data"') + 8)],
    ['is cut in the line end behind a header', ({ body }) => body.subarray(0, body.indexOf(CRLF + CRLF) + 3)],
    ['is empty', () => Buffer.alloc(0)],
    ['is a line end', () => Buffer.from(CRLF)],
    [
      'has other boundaries than announced',
      ({ body, boundary }) => Buffer.from(body.toString().replaceAll(boundary, 'b')),
    ],
    [
      'has a part without Content-Disposition',
      ({ boundary }) => Buffer.from(`--${boundary}${CRLF}X: y${CRLF}${CRLF}z${CRLF}--${boundary}--${CRLF}`),
    ],
  ])('case 8: a body that %s is refused at once, and leaves nothing', async (_, damage) => {
    await leavingNothing(async () => {
      const form = goodForm();
      const sent = uploadRequest(form.headers['content-type'] ?? '', damage(form));
      const answer = await rawExchange(pair.server.port, sent, { timeoutMs: 5_000, finish: false });
      expectRefusal(asAnswer(answer), 400, /./);
      expect(answer.elapsedMs).toBeLessThan(2_000);
    });
  });

  it('case 8: bytes before the first and behind the last boundary are ignored', async () => {
    const form = goodForm();
    const body = Buffer.concat([Buffer.from(`preamble${CRLF}`), form.body, Buffer.from('epilogue')]);
    acceptedId(await pair.post('/upload', { headers: form.headers, body }));
  });

  it.each([
    ['nothing behind it', 'multipart/form-data'],
    ['a semicolon behind it', 'multipart/form-data;'],
    ['another parameter', 'multipart/form-data; charset=utf-8'],
    ['an empty boundary', 'multipart/form-data; boundary='],
    ['an empty boundary in quotes', 'multipart/form-data; boundary=""'],
  ])('case 11: multipart/form-data with %s is refused, saying that the boundary is missing', async (_, type) => {
    await leavingNothing(async () => {
      const answer = await pair.post('/upload', { headers: { 'content-type': type }, body: goodForm().body });
      expectRefusal(answer, 400, /boundary/);
    });
    expect((await pair.get('/health')).status).toBe(200);
  });

  it('case 11: a boundary in quotes is read', async () => {
    const { boundary, body } = goodForm();
    const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
    acceptedId(await pair.post('/upload', { headers, body }));
  });

  it('case 11: a boundary of characters with a meaning for patterns is read', async () => {
    const boundary = "'()+_,-./:=?[x]*";
    const { body, boundary: old } = goodForm();
    const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
    acceptedId(await pair.post('/upload', { headers, body: body.toString().replaceAll(old, boundary) }));
  });

  it.each<[string, string | null, string]>([
    ['JSON', 'application/json', '{"user_id": 1, "service": "example"}'],
    ['broken JSON', 'application/json', '{"user_id": 1,'],
    ['plain text', 'text/plain', 'hello'],
    ['a form of another kind', 'application/x-www-form-urlencoded', 'user_id=1&service=example'],
    ['a form of another kind that cannot be decoded', 'application/x-www-form-urlencoded', 'a=%zz&[[[=1'],
    ['another multipart type', 'multipart/mixed; boundary=zzz', '--zzz--\r\n'],
    ['no type', null, 'hello'],
    ['a type that is none', '???', 'hello'],
    ['an unknown charset', 'application/json; charset=klingon', '{}'],
    ['nothing, without type', null, ''],
    ['a multipart type over something else', 'multipart/form-data; boundary=xyz', 'zzz'],
  ])('case 12: a body of %s is refused with a StatusBody', async (_, type, body) => {
    await leavingNothing(async () => {
      const answer = await rawExchange(pair.server.port, uploadRequest(type, body), { finish: false });
      expect([400, 415]).toContain(answer.status);
      expectRefusal(asAnswer(answer), answer.status, /./);
    });
  });

  it('case 12: a compressed body is refused, since it is not what a form looks like', async () => {
    const form = goodForm();
    const headers = { ...form.headers, 'content-encoding': 'gzip' };
    const answer = await pair.post('/upload', { headers, body: gzipSync(form.body) });
    expect([400, 415]).toContain(answer.status);
    expectRefusal(answer, answer.status, /./);
  });
});
