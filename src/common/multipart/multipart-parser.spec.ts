import { BadFormError } from './multipart-errors';
import { MultipartParser } from './multipart-parser';

interface SeenPart {
  readonly part: number;
  readonly headers: Record<string, string>;
  content: string;
  isWhole: boolean;
}

function parse(boundary: string, chunks: Iterable<Buffer>): SeenPart[] {
  const seen: SeenPart[] = [];
  const parser = new MultipartParser(boundary, {
    onPart: (fields, part) => {
      const entry: SeenPart = { part, headers: {}, content: '', isWhole: false };
      fields.forEach(({ name, value }) => (entry.headers[name] = value.toString('latin1').trim()));
      seen.push(entry);
      return {
        data: (chunk) => (entry.content += chunk.toString('latin1')),
        end: () => (entry.isWhole = true),
      };
    },
  });
  for (const chunk of chunks) {
    parser.feed(chunk);
  }
  parser.end();
  return seen;
}

const whole = (text: string): Buffer[] => [Buffer.from(text, 'latin1')];
const bytewise = (text: string): Buffer[] => Array.from(Buffer.from(text, 'latin1'), (byte) => Buffer.from([byte]));

const FORM = [
  'a preamble\r\n--B\r\r\n',
  '--Bound\r\nX-One: 1\r\nX-Two:2\r\n\r\nfirst\r\n--Boun\r\n\r\n--\r--Bound\n--Bound\r\r\n',
  '\r\n--Bound \t \r\n\r\n\r\n\r\n',
  '--Bound\r\nX-Fold: a\r\n b\r\n\r\n\r\n--Boun\r\n',
  '--Bound\r\nX-No: body\r\n\r\n--Bound--an epilogue\r\n--Bound\r\n',
].join('');

const EXPECTED: SeenPart[] = [
  {
    part: 1,
    headers: { 'x-one': '1', 'x-two': '2' },
    content: 'first\r\n--Boun\r\n\r\n--\r--Bound\n--Bound\r\r\n',
    isWhole: true,
  },
  { part: 2, headers: {}, content: '\r\n', isWhole: true },
  { part: 3, headers: { 'x-fold': 'a b' }, content: '\r\n--Boun', isWhole: true },
  { part: 4, headers: { 'x-no': 'body' }, content: '', isWhole: true },
];

describe('the multipart parser', () => {
  it('reads parts, near misses of the boundary included, and ignores preamble, padding and epilogue', () => {
    expect(parse('Bound', whole(FORM))).toEqual(EXPECTED);
  });

  it('reads the same whatever the cut: byte by byte, and in two at every offset', () => {
    expect(parse('Bound', bytewise(FORM))).toEqual(EXPECTED);
    const bytes = Buffer.from(FORM, 'latin1');
    for (let at = 0; at <= bytes.length; at++) {
      expect(parse('Bound', [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(EXPECTED);
    }
  });

  it('reads the same in three chunks, at every pair of offsets', () => {
    const bytes = Buffer.from(FORM, 'latin1');
    const expected = JSON.stringify(EXPECTED);
    for (let one = 0; one < bytes.length; one++) {
      for (let two = one; two < bytes.length; two++) {
        const seen = parse('Bound', [bytes.subarray(0, one), bytes.subarray(one, two), bytes.subarray(two)]);
        if (JSON.stringify(seen) !== expected) {
          throw new Error(`another result when cut at ${one} and ${two}`);
        }
      }
    }
  });

  it('hands out views of the chunk it was fed, not copies', () => {
    const chunk = Buffer.from('--B\r\n\r\ncontent\r\n--B--');
    const sinks: Buffer[] = [];
    const parser = new MultipartParser('B', {
      onPart: () => ({ data: (data) => sinks.push(data), end: () => undefined }),
    });
    parser.feed(chunk);
    expect(sinks[0]?.buffer).toBe(chunk.buffer);
  });

  it('accepts a form without parts', () => {
    expect(parse('B', whole('--B--'))).toEqual([]);
  });

  it.each([
    ['an empty body', '', /ended before its closing boundary: .* not in it/],
    ['a body that is no form', 'zzz', /ended before its closing boundary: .* not in it/],
    ['no closing boundary', '--B\r\n\r\ncontent\r\n', /ended before its closing boundary, in part 1/],
    ['a cut in the closing boundary', '--B\r\n\r\ncontent\r\n--B-', /ended before its closing boundary/],
    ['a cut in the boundary', '--B\r\n\r\ncontent\r\n--', /ended before its closing boundary/],
    ['a cut in a header', '--B\r\n\r\n\r\n--B\r\nX: y', /ended before its closing boundary, in part 2/],
    ['lines that end by LF', '--B\nX: y\n\ncontent\n--B--\n', /LF alone: CRLF is needed/],
    ['header lines that end by LF', '--B\r\nX: y\nZ: z\n\ncontent\r\n--B--\r\n', /part 1 .*LF alone: CRLF is needed/],
    ['rubbish behind the boundary', '--B\r\n\r\n\r\n--Bx\r\n', /boundary behind part 1 is followed by neither/],
    ['one dash behind the boundary', '--B-\r\n', /first boundary is followed by neither/],
    ['CR alone behind the boundary', '--B\rX', /first boundary is followed by neither/],
    [
      'a header line without a colon',
      '--B\r\nwhat is this\r\n\r\n',
      /part 1 has a header line without a name: "what is/,
    ],
    ['a fold without a line before it', '--B\r\n X: y\r\n\r\n', /part 1 has a header line without a name/],
    ['a header of 17 KiB', `--B\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`, /header of part 1 is longer than 16384 bytes/],
    ['a header without end', `--B\r\n${'y'.repeat(17_000)}`, /header of part 1 is longer than 16384 bytes/],
    ['65 header lines', `--B\r\n${'X: y\r\n'.repeat(65)}\r\n`, /part 1 has more than 64 header lines/],
  ])('refuses %s, in one piece and byte by byte', (_, body, message) => {
    for (const chunks of [whole(body), bytewise(body)]) {
      expect(() => parse('B', chunks)).toThrow(BadFormError);
      expect(() => parse('B', chunks)).toThrow(message);
    }
  });

  const dashes = '-'.repeat(180);
  it.each([
    ['almost boundaries', `\r\n--${dashes.slice(1)}`],
    ['dashes', '-'],
    ['CRs', '\r'],
    ['CRLFs', '\r\n'],
    ['boundaries with one byte changed in the middle', `\r\n--${dashes.slice(0, 90)}x${dashes.slice(91)}`],
    ['boundaries with the first byte changed', `\r\r--${dashes}`],
  ])('needs linear time for 16 MiB of %s', (_, pattern) => {
    const filler = Buffer.alloc(64 * 1024, pattern);
    const chunks = [Buffer.from(`--${dashes}\r\n\r\n:`), ...Array<Buffer>(256).fill(filler)];
    chunks.push(Buffer.from(`.\r\n--${dashes}--`));
    const started = performance.now();
    let bytes = 0;
    const parser = new MultipartParser(dashes, {
      onPart: () => ({ data: (chunk) => (bytes += chunk.length), end: () => undefined }),
    });
    chunks.forEach((chunk) => parser.feed(chunk));
    parser.end();
    expect(bytes).toBe(16 * 1024 * 1024 + 2);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
