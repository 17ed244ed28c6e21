import { mendScript, mixedLineEndsHint } from './script-text';

const BOM = '\ufeff';

function mend(text: string): [string, string] | null {
  const mended = mendScript(Buffer.from(text));
  return mended && [mended.text.toString(), mended.note];
}

describe('mendScript', () => {
  it.each(['', 'echo hi\n', 'echo hi', 'a\r\nb\n', 'a\nb\r\n', 'a\rb\r', '\r', 'a\r'])('leaves %j as it is', (text) => {
    expect(mend(text)).toBeNull();
  });

  it('converts CRLF where every line ends so, the last line with or without an end', () => {
    const note = 'run.sh: its Windows line ends (CRLF) were converted';
    expect(mend('a\r\nb\r\n')).toEqual(['a\nb\n', note]);
    expect(mend('a\r\nb')).toEqual(['a\nb', note]);
    expect(mend('\r\n')).toEqual(['\n', note]);
    expect(mend('a\rb\r\n')).toEqual(['a\rb\n', note]);
  });

  it('removes a byte order mark at the start only, and says both where both were mended', () => {
    expect(mend(`${BOM}a\n`)).toEqual(['a\n', 'run.sh: its byte order mark was removed']);
    expect(mend(`a${BOM}\n`)).toBeNull();
    expect(mend(`${BOM}a\r\n`)).toEqual([
      'a\n',
      'run.sh: its byte order mark was removed, its Windows line ends (CRLF) were converted',
    ]);
  });

  it('changes no other byte, also of a text that is not UTF-8', () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0xc3, 0x28, 0x0d, 0x0a]);
    expect(mendScript(bytes)?.text).toEqual(Buffer.from([0xff, 0x00, 0x0a, 0xc3, 0x28, 0x0a]));
  });
});

describe('mixedLineEndsHint', () => {
  it.each([
    ['a\r\nb\n', true],
    ['a\nb\r\n', true],
    ['a\nb\n', false],
    ['a\r\nb\r\n', false],
    ['', false],
  ])('of %j: %s', (text, isMixed) => {
    expect(mixedLineEndsHint(Buffer.from(text)) !== null).toBe(isMixed);
  });
});
