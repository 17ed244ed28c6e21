import { execFileSync } from 'node:child_process';
import { bashQuote, UnquotableError } from './bash-quote';

describe('a quoted text', () => {
  it.each([
    '',
    'plain/path-1.txt',
    'two words',
    "it's",
    "''",
    '$(id) `id` $HOME ${x}',
    'a\\b\\',
    '"double"',
    'line\nline\n',
    '~root',
    '* ? [a] {a,b} !!',
    '-n',
    'a;b&c|d>e<f#g',
    'ümläut €',
    '\u0007\u001b[31m\t',
  ])('is one word for bash, unchanged: %j', (text) => {
    const said = execFileSync('bash', ['-c', `printf '%s|' ${bashQuote(text)} end`]).toString();
    expect(said).toBe(`${text}|end|`);
  });

  it('is refused when it has a NUL, which would cut it short', () => {
    expect(() => bashQuote('a\0b')).toThrow(UnquotableError);
  });
});
