import { pbkdf2 } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { SyncedFile } from './synced-file';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'synced-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('SyncedFile', () => {
  it.each([
    ['nothing', []],
    ['small pieces, more than are written on the spot', Array.from({ length: 200 }, (_, at) => Buffer.from(`${at}\n`))],
    ['large pieces', [Buffer.alloc(300_000, 1), Buffer.alloc(5, 2), Buffer.alloc(65_537, 3)]],
  ])('holds %s, in place of what was there', async (_, pieces) => {
    writeFileSync(path, 'x'.repeat(1_000_000));
    await pipeline(Readable.from(pieces), new SyncedFile(path, 16 * 1024));
    expect(readFileSync(path).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('fails with the error of the disk', async () => {
    await expect(
      pipeline(Readable.from([Buffer.from('x')]), new SyncedFile(join(directory, 'no', 'file'), 1024)),
    ).rejects.toMatchObject({ code: 'ENOENT' });
    for (const size of [1, 100_000]) {
      await expect(
        pipeline(Readable.from([Buffer.alloc(size)]), new SyncedFile('/dev/full', 1024)),
      ).rejects.toMatchObject({ code: 'ENOSPC' });
    }
  });

  it('writes nothing after it was closed: its number may be the number of another file by then', async () => {
    // No thread is free while the stream is destroyed, so that its write comes late.
    const busy = Array.from({ length: 8 }, () => busyThread());
    const source = new Readable({ read: () => undefined });
    const cut = new AbortController();
    const written = pipeline(source, new SyncedFile(path, 16 * 1024), { signal: cut.signal });
    source.push(Buffer.alloc(100_000, 'x'));
    await new Promise(setImmediate);
    cut.abort();
    const others: number[] = [];
    const opening = setInterval(() => others.push(openSync(join(directory, `other-${others.length}`), 'wx')), 5);
    await expect(written).rejects.toThrow(/abort/);
    await Promise.all(busy);
    clearInterval(opening);
    others.forEach((descriptor) => closeSync(descriptor));
    expect(others.length).toBeGreaterThan(5);
    expect(others.map((_, at) => statSync(join(directory, `other-${at}`)).size)).toEqual(others.map(() => 0));
  });
});

function busyThread(): Promise<Buffer> {
  return promisify(pbkdf2)('password', 'salt', 400_000, 64, 'sha512');
}
