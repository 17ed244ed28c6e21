import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error';
import { loadEnvFile } from './load-env-file';

describe('the .env file', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'env-file-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function load(content: string | Uint8Array, env: Record<string, string | undefined> = {}): typeof env {
    writeFileSync(join(directory, '.env'), content);
    expect(loadEnvFile(directory, env)).toBe(true);
    return env;
  }

  it('may be absent', () => {
    const env = {};
    expect(loadEnvFile(directory, env)).toBe(false);
    expect(loadEnvFile(join(directory, 'nowhere'), env)).toBe(false);
    expect(env).toEqual({});
  });

  it('adds variables and leaves those that exist, empty ones too', () => {
    expect(load('A=file\nB=file\nC=file\n', { A: 'set', B: '' })).toEqual({ A: 'set', B: '', C: 'file' });
  });

  it('reads what such files hold: comments, quotes, several lines, CRLF, a byte order mark, export', () => {
    const text = '\uFEFFA=1 # one\r\n\r\n# B=2\r\nexport C = "x # y" # z\r\nD=\'p\r\nq=\'\r\nE=\r\nF=a"b\r\n';
    const { D: severalLines, ...others } = load(text);
    expect(others).toEqual({ A: '1', C: 'x # y', E: '', F: 'a"b' });
    expect(severalLines).toMatch(/^p\r?\nq=$/);
  });

  it.each([
    ['A=1\ns3cret\nB=2', 'line 2: not NAME=value'],
    ['=s3cret\nB=2', 'line 1: not NAME=value'],
    ['A B=s3cret', 'line 1: not NAME=value'],
    ['A: s3cret', 'line 1: not NAME=value'],
    ['A=1\nB="s3cret\nC=2', 'line 2: its quote " is never closed'],
    ["A='it''s3cret'", "line 1: text behind the closing quote '"],
    ['A=s3\0cret', 'line 1: not NAME=value'],
  ])('is refused when it holds %j, without showing the line', (text, fault) => {
    const env = {};
    const broken = (): unknown => load(text, env);
    expect(broken).toThrow(ConfigError);
    expect(broken).toThrow(fault);
    expect(broken).not.toThrow(/s3/);
    expect(env).toEqual({});
  });

  it('is refused with every broken line at once', () => {
    expect(() => load('x\nA=1\ny')).toThrow(/line 1.*\n.*line 3/);
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => load(Buffer.from([0x41, 0x3d, 0xff, 0xfe]))).toThrow(/\.env: not UTF-8 text$/);
  });

  it('is refused when it is a directory or a FIFO, which is never opened', () => {
    mkdirSync(join(directory, '.env'));
    expect(() => loadEnvFile(directory, {})).toThrow(/\.env: not a file$/);
    rmSync(join(directory, '.env'), { recursive: true });
    execFileSync('mkfifo', [join(directory, '.env')]);
    expect(() => loadEnvFile(directory, {})).toThrow(/\.env: not a file$/);
  });
});
