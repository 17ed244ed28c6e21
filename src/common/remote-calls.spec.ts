import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RemoteCalls } from './remote-calls';

const ROOT = join(__dirname, '../..');

/** Archives, syncs, renames and removes the tree `argv[1]`, with calls of the class `argv[2]`. */
const PROGRAM = `
  const { transformFileSync } = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(transformFileSync(file).code, file);
  const calls = { ...require('./src/common/remote-calls.ts'), ...require('./src/common/quick-calls.ts') };
  const { archiveDirectory } = require('./src/common/archive/archive-directory.ts');
  const { renameDurably, syncPath } = require('./src/common/durable-fs.ts');
  const { removeTree } = require('./src/common/remove-tree.ts');
  const { finished } = require('node:stream/promises');
  const [, root, kind] = process.argv;
  setTimeout(async () => {
    const made = () => new calls[kind](kind === 'RemoteCalls' ? 3 : 64);
    const options = { live: false, noteName: 'NOTE', calls: made() };
    let bytes = 0;
    await finished(archiveDirectory(root, options).on('data', (piece) => (bytes += piece.length)));
    await syncPath(root, made());
    await renameDurably(root, root + '.moved', made());
    await removeTree(root + '.moved', made());
    await removeTree(root + '/file', made()).catch(() => undefined);
    console.log(bytes);
  }, 50);`;

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'remote-'));
});
afterEach(() => rmSync(base, { recursive: true }));

/** Where the program makes a call on the spot: the functions that lead there, by Node's own account. */
async function callsOnTheSpot(kind: string): Promise<string[]> {
  const root = join(base, 'tree');
  mkdirSync(join(root, 'below', 'empty'), { recursive: true, mode: 0o500 });
  mkdirSync(join(root, 'many'));
  Array.from({ length: 70 }, (_, index) => writeFileSync(join(root, 'many', `${index}`), 'x'));
  writeFileSync(join(root, 'large'), '');
  truncateSync(join(root, 'large'), 1_000_000);
  symlinkSync('large', join(root, 'link'));
  const args = ['--trace-sync-io', '-e', PROGRAM, '--', root, kind];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  expect(Number(stdout)).toBeGreaterThan(5000);
  return stderr
    .split('WARNING: Detected use of sync API')
    .map((stack) => stack.trim().split(/\n\s*/).slice(0, 3).join(' '))
    .filter((stack) => /^at \S+ \(node:(internal\/)?fs/.test(stack) && stack.includes(join(ROOT, 'src')));
}

describe('calls of a remote file system', () => {
  it('are never made on the spot', async () => {
    const found = await callsOnTheSpot('RemoteCalls');
    // A descriptor's own path: the kernel knows it without the file system.
    expect(found.filter((stack) => !/ at (OpenDirectory\.)?location /.test(stack))).toEqual([]);
  });

  it('would be seen here if they were: those of a local one are', async () => {
    const found = (await callsOnTheSpot('QuickCalls')).join('\n');
    for (const name of ['openSync', 'fstatSync', 'readSync', 'closeSync', 'renameSync', 'unlinkSync']) {
      expect(found).toContain(name);
    }
  });

  it('have so many threads and no more, and let the next one in when one comes back', async () => {
    const calls = new RemoteCalls(3);
    const hung: (() => void)[] = [];
    let began = 0;
    const all = Array.from({ length: 9 }, () =>
      calls.pooled(() => {
        began++;
        return new Promise<void>((resolve) => hung.push(resolve));
      }),
    );
    await new Promise(setImmediate);
    expect(began).toBe(3);
    hung.shift()?.();
    await new Promise(setImmediate);
    expect(began).toBe(4);
    for (let next = hung.shift(); next; next = hung.shift()) {
      next();
      await new Promise(setImmediate);
    }
    await Promise.all(all);
    expect([began, calls.take()]).toEqual([9, false]);
  });
});
