import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
});
