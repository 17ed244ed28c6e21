import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renameDurably, syncPath } from './durable-fs';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'durable-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('renames a file over another, and a directory', async () => {
  const [from, to] = [join(directory, 'from'), join(directory, 'to')];
  writeFileSync(from, 'new');
  writeFileSync(to, 'old');
  await renameDurably(from, to);
  expect([existsSync(from), readFileSync(to, 'utf8')]).toEqual([false, 'new']);
  mkdirSync(from);
  await renameDurably(from, join(directory, 'moved'));
  expect(existsSync(join(directory, 'moved'))).toBe(true);
});

it('rejects where there is nothing to rename or to sync', async () => {
  const missing = join(directory, 'missing');
  await expect(renameDurably(missing, join(directory, 'to'))).rejects.toThrow(/ENOENT/);
  await expect(syncPath(missing)).rejects.toThrow(/ENOENT/);
  await syncPath(directory);
});
