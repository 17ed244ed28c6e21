import { execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TreeNotRemovedError, removeTree } from './remove-tree';
import { asOrdinaryUser } from '../../test/support-units/as-ordinary-user';

let base: string;
let tree: string;

beforeEach(() => {
  base = fs.mkdtempSync(join(tmpdir(), 'remove-'));
  tree = join(base, 'tree');
  fs.mkdirSync(tree);
});
afterEach(() => execFileSync('rm', ['-rf', base]));

it('removes files, directories, special files and names of any bytes', async () => {
  fs.mkdirSync(join(tree, 'a/b/c'), { recursive: true });
  fs.mkdirSync(join(tree, 'empty'));
  for (let n = 0; n < 100; n++) fs.writeFileSync(join(tree, 'a/b', `f${n}`), 'x');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x0a])]), 'x');
  fs.mkdirSync(Buffer.concat([Buffer.from(`${tree}/a/`), Buffer.from([0xe9])]));
  execFileSync('mkfifo', [join(tree, 'fifo')]);
  await removeTree(tree);
  expect(fs.readdirSync(base)).toEqual([]);
});

it('finds nothing wrong with a missing path, and removes a single file', async () => {
  await removeTree(join(base, 'nowhere/at/all'));
  fs.writeFileSync(join(base, 'file'), 'x');
  await removeTree(join(base, 'file'));
  expect(fs.readdirSync(base)).toEqual(['tree']);
});

it('removes links and leaves what they point at', async () => {
  fs.mkdirSync(join(base, 'outside'));
  fs.writeFileSync(join(base, 'outside/precious'), 'x');
  fs.symlinkSync(join(base, 'outside'), join(tree, 'dir'));
  fs.symlinkSync(join(base, 'outside/precious'), join(tree, 'file'));
  await removeTree(tree);
  fs.symlinkSync(join(base, 'outside'), tree);
  await removeTree(tree);
  expect(fs.readdirSync(base)).toEqual(['outside']);
  expect(fs.readdirSync(join(base, 'outside'))).toEqual(['precious']);
});

it('gets through directories without permission bits', async () => {
  fs.mkdirSync(join(tree, 'none/read-only/deep'), { recursive: true });
  fs.writeFileSync(join(tree, 'none/read-only/deep/x'), 'x', { mode: 0 });
  fs.writeFileSync(join(tree, 'none/read-only/y'), 'y');
  fs.chmodSync(join(tree, 'none/read-only/deep'), 0o000);
  fs.chmodSync(join(tree, 'none/read-only'), 0o500);
  fs.chmodSync(join(tree, 'none'), 0o000);
  fs.chmodSync(tree, 0o400);
  await asOrdinaryUser(base, () => removeTree(tree));
  expect(fs.readdirSync(base)).toEqual([]);
});

it('removes a tree deeper than a path can be long', async () => {
  const made = spawnSync(
    'bash',
    ['-c', 'for i in {1..60}; do mkdir -m 500 x; mkdir $0 && cd $0; done; touch bottom', 'n'.repeat(200)],
    {
      cwd: tree,
    },
  );
  expect(made.status).toBe(0);
  await removeTree(tree);
  expect(fs.readdirSync(base)).toEqual([]);
});

it('removes a directory into which something still writes', async () => {
  const writer = spawn('bash', ['-c', 'for i in {1..300}; do mkdir -p d; echo > d/f$i; done; echo done; read'], {
    cwd: tree,
  });
  const ended = new Promise((resolve) => writer.once('exit', resolve));
  await new Promise((resolve) => writer.stdout.once('data', resolve));
  await removeTree(tree);
  writer.stdin.end();
  await ended;
  expect(fs.readdirSync(base)).toEqual([]);
});

it('names the path that stays', async () => {
  fs.mkdirSync(join(tree, 'kept'));
  fs.writeFileSync(join(tree, 'kept/x'), 'x');
  fs.chmodSync(base, 0o755);
  await asOrdinaryUser(base, async () => {
    fs.chmodSync(base, 0o500);
    const failed = removeTree(tree).catch((error: unknown) => error);
    expect(await failed).toBeInstanceOf(TreeNotRemovedError);
    expect(await failed).toMatchObject({ path: tree, message: `cannot remove ${tree}: EACCES`, retryable: true });
    fs.chmodSync(base, 0o700);
  });
  expect(fs.readdirSync(tree)).toEqual([]);
});
