import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import { compressWhole, deflated } from './compression';
import { verifyArchive } from './verify-archive';
import { ZIP_METHOD } from './zip-records';
import { ZipWriter } from './zip-writer';

const FOUR_GIB = 2 ** 32;

let base: string;
let path: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'zip-writer-'));
  path = join(base, 'out.zip');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const head = (name: string): { name: string; mode: number; mtimeMs: number } => ({
  name,
  mode: 0o100644,
  mtimeMs: 1e12,
});
async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const each of texts) yield await Promise.resolve(Buffer.from(each));
}

function expectSound(): void {
  if (spawnSync('sh', ['-c', 'command -v unzip']).status === 0) {
    execFileSync('unzip', ['-tqq', path]);
  }
}

async function contents(): Promise<Map<string, string>> {
  expectSound();
  const found = new Map<string, string>();
  const zip = await openPromise(path);
  for await (const entry of zip.eachEntry()) {
    found.set(entry.fileName, (await buffer(await zip.openReadStreamPromise(entry))).toString());
  }
  return found;
}

it('writes entries beyond 4 GiB that readers find', async () => {
  // The file begins with a hole: as if an entry of that size stood there.
  const hole = FOUR_GIB + 12_345;
  const zip = new ZipWriter();
  Reflect.set(zip, 'offset', hole);
  const fd = openSync(path, 'w');
  try {
    ftruncateSync(fd, hole);
    let at = hole;
    const write = (piece: Buffer): void => void (at += writeSync(fd, piece, 0, piece.length, at));
    for (const piece of zip.whole(head('small'), await compressWhole(Buffer.from('s')))) write(piece);
    for await (const piece of zip.streamed(head('big'), FOUR_GIB, ZIP_METHOD.deflated, chunks('a', 'b'), deflated)) {
      write(piece);
    }
    for (const piece of zip.directory(head('dir/'))) write(piece);
    for (const piece of zip.end()) write(piece);
  } finally {
    closeSync(fd);
  }
  expect(await verifyArchive(path)).toBe(3);
  expect(Object.fromEntries(await contents())).toEqual({ small: 's', big: 'ab', 'dir/': '' });
});

it('writes more entries than the old end record can count', async () => {
  const zip = new ZipWriter();
  const data = await compressWhole(Buffer.from('x'));
  const pieces: Buffer[] = [];
  for (let n = 0; n < 70_000; n++) pieces.push(...zip.whole(head(`f${n}`), data));
  writeFileSync(path, Buffer.concat([...pieces, ...zip.end()]));
  expect(await verifyArchive(path)).toBe(70_000);
  expectSound();
});

it.each([
  [1000, 16],
  [FOUR_GIB, 24],
])('describes streamed data of up to %d bytes in %d bytes, as its header announces', async (expectedSize, length) => {
  const zip = new ZipWriter();
  const pieces: Buffer[] = [];
  for await (const piece of zip.streamed(head('f'), expectedSize, ZIP_METHOD.stored, chunks('abc'), (data) => data)) {
    pieces.push(piece);
  }
  const hasZip64Field = pieces[0]?.includes(Buffer.from([0x01, 0x00, 0x10, 0x00]));
  expect(pieces.at(-1)?.length).toBe(length);
  expect(pieces.at(-1)?.readUInt32LE(length === 16 ? 12 : 16)).toBe(3);
  expect(hasZip64Field).toBe(length === 24);
});
