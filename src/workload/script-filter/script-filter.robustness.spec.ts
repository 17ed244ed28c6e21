import { checkScript, SCRIPT_RULE_NAMES } from './script-filter';

const ON = { enabled: true, allow: [] };
const MAX = 20 * 1024 * 1024;

/** Numbers in [0, 2^32), the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const PIECES = [
  ...['$', '$(', '$((', '((', '(', ')', '))', '${', '}', '{ ', '`', '\\', '"', "'", "$'", '#', ' ', '\n', '\r\n', '\t'],
  ...[';', ';;', '&', '&&', '|', '||', '|&', '<', '<<', '<<-', '<<<', '>', '<(', '>&', '=', '=(', '!(', '[[ ', ' ]]'],
  ...[
    'case ',
    ' in ',
    'esac',
    'for ',
    'do ',
    'done',
    'if ',
    'then ',
    'fi',
    'function ',
    'f()',
    'EOF',
    '-c ',
    '~',
    '..',
  ],
  ...[
    'bash -c ',
    'trap ',
    'find -exec ',
    'xargs ',
    'env ',
    'cd ',
    'rm ',
    'chmod ',
    'echo ',
    'x',
    '/',
    'é',
    '\0',
    '\uE000',
  ],
];

it('answers for any bytes, and the same each time', () => {
  const next = seeded(20240611);
  for (let round = 0; round < 10_000; round++) {
    const bytes =
      round % 4 === 0
        ? Buffer.from(Array.from({ length: next() % 200 }, () => next() & 0xff))
        : Buffer.from(Array.from({ length: next() % 60 }, () => PIECES[next() % PIECES.length]).join(''));
    for (const allow of [[], ['not-utf8']]) {
      const refusal = checkScript(bytes, { enabled: true, allow });
      expect(checkScript(bytes, { enabled: true, allow })).toEqual(refusal);
      if (refusal !== null) {
        expect(SCRIPT_RULE_NAMES).toContain(refusal.rule);
      }
    }
  }
});

it('finds a command behind any harmless line', () => {
  const lines = ['echo "a b"', "x='$('", 'y=${z%)}', 'cat <<E\n`"\n` $x\nE', 'case a in (b) ;; c) d;; esac', '# "'];
  const next = seeded(7);
  for (let round = 0; round < 500; round++) {
    const before = Array.from({ length: next() % 8 }, () => lines[next() % lines.length]).join('\n');
    expect(checkScript(Buffer.from(`${before}\ncurl x\n`), ON)?.rule).toBe('curl');
  }
});

/** A script of `bytes` in which `piece` comes over and over. */
function repeated(piece: string, bytes: number, start = ''): Buffer {
  return Buffer.concat([Buffer.from(start), Buffer.alloc(bytes - start.length, piece)]);
}

describe('a script is read in time in proportion to its length', () => {
  // Below 0.3 s each; anything quadratic takes an hour.
  const LIMIT_MS = 10_000;
  const BYTES = 1024 * 1024;
  const goOn = { enabled: true, allow: SCRIPT_RULE_NAMES };

  it.each([
    ...['a', 'a ', 'a\n', 'a;', '# ', '"', "'", '`', '`a`', '\\', '$', '$a', '$(', '$((', '((', '(', ')', '()', '${a'],
    ...['{ ', '} ', '/', '/proc/ ', '~/.ssh/', '<<A\n', '<<A ', '<<A\n$(', "<<'A' ", '< ', '<(', 'a[\n', 'a=(', '!('],
    ...['[[ ', '[[ ( ', 'case a in ', 'case a in b) ', 'esac\n', 'f() { ', 'f()(', 'cd a/..\n', 'rm ../a\n', 'rm a '],
    ...['\\`', '"$(', '${a:-"', 'env ', 'xargs -n ', 'find -exec ', 'find a -exec b ; ', 'bash -c a\n', "bash -c '"],
    ...['trap "trap ', 'a|', 'a &', 'chmod =s=', 'chmod +s,', 'python3 -W ', 'dd of=/dev/', '$((1)) ', '$(($((1)) '],
    ...['((a) ', 'é', '\r\n', 'a\\\n', '(1)', '"a$b"', '${a:-${b}} ', '<<A\n$(cat <<B\n', '\\\\\\`'],
  ])('%j over and over', (piece) => {
    const script = repeated(piece, BYTES);
    const start = performance.now();
    checkScript(script, goOn);
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  });

  it.each([
    ['a ', 'rm '],
    ['../', 'rm '],
    ['=s', 'chmod '],
    ['7', 'chmod '],
    ['a', '$'],
    ['a', 'python3 -'],
    ['/..', 'cd a'],
    ['-', 'perl '],
  ])('%j over and over behind %j', (piece, start) => {
    const began = performance.now();
    checkScript(repeated(piece, BYTES, start), goOn);
    expect(performance.now() - began).toBeLessThan(LIMIT_MS);
  });

  it('20 MiB of ordinary lines', () => {
    const script = repeated('haddock3 "$cfg" --out run1/x.pdb > "${cfg%.cfg}.log" 2>&1 # done\n', MAX);
    const start = performance.now();
    expect(checkScript(script.subarray(0, script.lastIndexOf(10)), ON)).toBeNull();
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  });
});

it('says that a script is nested too deeply, in place of running out of stack', () => {
  for (const piece of ['$(', '( ', '"$(', '${a:-', '$((', '<(', 'case a in b) ']) {
    expect(checkScript(Buffer.from(piece.repeat(100_000)), ON)?.rule).toBe('too-nested');
  }
  expect(checkScript(Buffer.from('$('.repeat(50) + ')'.repeat(50)), ON)).toBeNull();
});
