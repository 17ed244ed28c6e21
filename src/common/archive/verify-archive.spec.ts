import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { archiveDirectory } from './archive-directory';
import { ArchiveDamagedError, verifyArchive } from './verify-archive';

let base: string;
let path: string;
let whole: Buffer;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'verify-'));
  path = join(base, 'a.zip');
  mkdirSync(join(base, 'tree'));
  for (let n = 0; n < 50; n++) writeFileSync(join(base, 'tree', `f${n}`), `${n}`.repeat(100));
  await pipeline(archiveDirectory(join(base, 'tree'), { live: false, noteName: 'N' }), createWriteStream(path));
  whole = readFileSync(path);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const refused = async (damaged: Buffer): Promise<boolean> => {
  writeFileSync(path, damaged);
  return verifyArchive(path).then(
    () => false,
    (error: unknown) => error instanceof ArchiveDamagedError,
  );
};

it('counts the entries of a whole archive', async () => {
  writeFileSync(path, whole);
  expect(await verifyArchive(path)).toBe(50);
});

it('accepts an archive without entries', async () => {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  writeFileSync(path, end);
  expect(await verifyArchive(path)).toBe(0);
});

it('refuses an archive cut anywhere', async () => {
  const accepted: number[] = [];
  for (let length = 0; length < whole.length; length += 37) {
    if (!(await refused(whole.subarray(0, length)))) accepted.push(length);
  }
  if (!(await refused(whole.subarray(0, whole.length - 1)))) accepted.push(whole.length - 1);
  expect(accepted).toEqual([]);
});

it('refuses an archive that lacks a piece of its middle, or has bytes behind its end', async () => {
  const hole = Buffer.concat([whole.subarray(0, 500), whole.subarray(600)]);
  expect(await refused(hole)).toBe(true);
  expect(await refused(Buffer.concat([whole, Buffer.from('<html>')]))).toBe(true);
  expect(await refused(Buffer.from('<html>502 Bad Gateway</html>'))).toBe(true);
});

it('refuses an archive whose entries need more room than the file has', async () => {
  const damaged = Buffer.from(whole);
  const central = damaged.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  damaged.writeUInt32LE(whole.length, central + 20);
  expect(await refused(damaged)).toBe(true);
});

it('says of a missing file that it is missing, not damaged', async () => {
  await expect(verifyArchive(join(base, 'nowhere.zip'))).rejects.toMatchObject({ code: 'ENOENT' });
});
