import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypeScriptChild } from '../../test/support-units/typescript-child';
import { KernelLock, LockHeldError } from './kernel-lock';

let directory: string;
let path: string;
let child: TypeScriptChild | null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kernel-lock-'));
  path = join(directory, 'lock');
  child = null;
});
afterEach(async () => {
  await child?.kill();
  rmSync(directory, { recursive: true });
});

/** Another process that has taken the lock and keeps it, without keeping hold of the object. */
async function holder(then = ''): Promise<TypeScriptChild> {
  child = TypeScriptChild.start(
    `await require('./src/database/kernel-lock').KernelLock.take(args[0], 0);
     ${then}
     say('taken');
     setInterval(() => {}, 1000);`,
    [path],
    ['--expose-gc'],
  );
  expect(await child.hear()).toBe('taken');
  return child;
}

describe('KernelLock', () => {
  it('is held by one at a time, also within a process', async () => {
    const lock = await KernelLock.take(path, 0);
    await expect(KernelLock.take(path, 0)).rejects.toThrow(LockHeldError);
    await lock.release();
    await (await KernelLock.take(path, 0)).release();
  });

  it('keeps other processes out, and is dropped by the kernel when its holder is killed', async () => {
    const other = await holder();
    await expect(KernelLock.take(path, 0)).rejects.toThrow(`${path} is locked by another process`);
    await other.kill();
    await (await KernelLock.take(path, 0)).release();
  });

  it('is waited for as long as asked, and then had', async () => {
    const first = await KernelLock.take(path, 0);
    let isHad = false;
    const second = KernelLock.take(path, 10_000).then((lock) => {
      isHad = true;
      return lock;
    });
    const began = performance.now();
    await expect(KernelLock.take(path, 200)).rejects.toThrow(LockHeldError);
    expect(performance.now() - began).toBeGreaterThanOrEqual(150);
    expect(isHad).toBe(false);
    await first.release();
    await (await second).release();
  });

  it('is not dropped because its taker forgot the object', async () => {
    await holder(`for (let round = 0; round < 20; round++) {
      global.gc();
      await new Promise((resolve) => setImmediate(resolve));
    }`);
    await expect(KernelLock.take(path, 0)).rejects.toThrow(LockHeldError);
  });

  it('says what is wrong where no file can be made', async () => {
    await expect(KernelLock.take(join(directory, 'missing/lock'), 0)).rejects.toThrow(/SQLITE_CANTOPEN/);
  });
});
