import { execFileSync, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { openPromise } from 'yauzl';
import { archiveDirectory } from './archive-directory';
import { verifyArchive } from './verify-archive';
import { asOrdinaryUser } from '../../../test/support-units/as-ordinary-user';

interface Unpacked {
  readonly mode: number;
  readonly mtimeMs: number;
  readonly method: number;
  readonly bytes: Buffer;
}

const NOTE = 'NOTE.txt';
const hasTool = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;

let base: string;
let root: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'archive-'));
  root = join(base, 'work');
  mkdirSync(root);
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

/** Archives the tree, has every tool at hand judge the file, and reads it back. */
async function archive(live = false): Promise<Map<string, Unpacked>> {
  const path = join(base, 'out.zip');
  await pipeline(archiveDirectory(root, { live, noteName: NOTE }), createWriteStream(path));
  if (hasTool('unzip')) {
    execFileSync('unzip', ['-tqq', path]);
  }
  if (hasTool('python3')) {
    const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); sys.exit(z.testzip() and 1 or 0)';
    execFileSync('python3', ['-c', script, path]);
  }
  const unpacked = await unpack(path);
  expect(await verifyArchive(path)).toBe(unpacked.size);
  return unpacked;
}

async function unpack(path: string): Promise<Map<string, Unpacked>> {
  const found = new Map<string, Unpacked>();
  const zip = await openPromise(path, { strictFileNames: true });
  for await (const entry of zip.eachEntry()) {
    expect(found.has(entry.fileName)).toBe(false);
    found.set(entry.fileName, {
      mode: entry.externalFileAttributes >>> 16,
      mtimeMs: entry.getLastModDate().getTime(),
      method: entry.compressionMethod,
      bytes: await buffer(await zip.openReadStreamPromise(entry)),
    });
  }
  return found;
}

const put = (name: string, data: string | Buffer = name, mode = 0o644): void => {
  writeFileSync(join(root, name), data);
  fs.chmodSync(join(root, name), mode);
};
const bytes = (latin1: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(latin1, 'latin1')]);
const names = (found: Map<string, Unpacked>): string[] => [...found.keys()].sort();
const text = (found: Map<string, Unpacked>, name: string): string | undefined => found.get(name)?.bytes.toString();

describe('an archive holds the tree as it is', () => {
  it('has files under relative paths, directories within directories, and an entry for an empty one', async () => {
    mkdirSync(join(root, 'o/full/deep'), { recursive: true });
    mkdirSync(join(root, 'o/with space'));
    mkdirSync(join(root, 'o/empty'), { mode: 0o750 });
    put('o/full/deep/a', '1');
    put('o/with space/b c.txt', '2');
    const found = await archive();
    expect(names(found)).toEqual(['o/empty/', 'o/full/deep/a', 'o/with space/b c.txt']);
    expect(text(found, 'o/full/deep/a')).toBe('1');
    expect(found.get('o/empty/')?.mode).toBe(0o040750);
  });

  it('keeps mode, type and time of each file', async () => {
    put('tool', '#!/bin/sh\n', 0o755);
    put('data', 'd\n', 0o640);
    put('empty.dat', '');
    fs.utimesSync(join(root, 'tool'), 1_600_000_001, 1_600_000_001);
    const found = await archive();
    expect(found.get('tool')).toMatchObject({ mode: 0o100755, mtimeMs: 1_600_000_001_000 });
    expect(found.get('data')?.mode).toBe(0o100640);
    expect(found.get('empty.dat')?.bytes.length).toBe(0);
    expect(names(found)).not.toContain(NOTE);
  });

  it('deflates text of any size, and stores what would not shrink', async () => {
    const line = 'ATOM      1  N   MET A   1      10.000  20.000  30.000  1.00  0.00           N\n';
    const noise = randomBytes(3_000_000);
    put('short.pdb', line.repeat(20));
    put('long.pdb', line.repeat(20_000));
    put('noise', noise);
    put('short-noise', noise.subarray(0, 5000));
    const found = await archive();
    const methods = [...found].map(([name, { method }]) => [name, method]);
    expect(Object.fromEntries(methods)).toEqual({ 'short.pdb': 8, 'long.pdb': 8, noise: 0, 'short-noise': 0 });
    expect(text(found, 'long.pdb')).toBe(line.repeat(20_000));
    expect(found.get('noise')?.bytes.equals(noise)).toBe(true);
  });

  it('holds files of every size around the limits of a read', async () => {
    const sizes = [1, 48, 49, 8192, 8193, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 524_288];
    const contents = sizes.map((size) => [`f${size}`, Buffer.alloc(size, `${size} `)] as const);
    contents.forEach(([name, data]) => put(name, data));
    const found = await archive();
    expect(contents.filter(([name, data]) => !found.get(name)?.bytes.equals(data))).toEqual([]);
  });
});

describe('odd names', () => {
  it('are kept to the byte where they are valid UTF-8', async () => {
    const odd = [
      'new\nline',
      ' lead',
      '..data..fa',
      '...',
      '100%',
      'a%5Cb',
      'ä€😀',
      'xx:y',
      'é:',
      'C',
      "it's",
      '-rf',
      '*',
    ];
    odd.forEach((name) => put(name));
    const found = await archive();
    expect(names(found)).toEqual([...odd].sort());
    expect(text(found, 'new\nline')).toBe('new\nline');
  });

  it('are escaped byte by byte where they are not, and named in the note with their new name', async () => {
    writeFileSync(bytes('\xff\xfe.dat'), 'odd');
    writeFileSync(bytes('50%\xc3\xa4\xe9'), 'mixed');
    mkdirSync(bytes('d\xff'));
    writeFileSync(bytes('d\xff/in'), 'inside');
    put('back\\slash');
    put('C:x');
    const found = await archive();
    expect(names(found)).toEqual(['%FF%FE.dat', '50%25ä%E9', 'C%3Ax', NOTE, 'back%5Cslash', 'd%FF/in'].sort());
    expect(text(found, 'd%FF/in')).toBe('inside');
    expect(text(found, NOTE)).toContain("$'\\xff\\xfe.dat': renamed: here as %FF%FE.dat\n");
    expect(text(found, NOTE)).toContain("$'back\\x5cslash': renamed: here as back%5Cslash\n");
    expect(text(found, NOTE)).toContain('C:x: renamed: here as C%3Ax\n');
  });

  it('never take the place of another file', async () => {
    put('%FF', 'plain');
    writeFileSync(bytes('\xff'), 'escaped');
    put(NOTE, 'mine');
    put(`${NOTE}.1`, 'mine too');
    const found = await archive();
    expect(text(found, '%FF')).toBe('plain');
    expect(text(found, '%FF.1')).toBe('escaped');
    expect(text(found, NOTE)).toBe('mine');
    expect(text(found, `${NOTE}.2`)).toContain('here as %FF.1');
  });
});

describe('links', () => {
  it('are kept as links inside the tree, and left out and noted where they lead out, nowhere or in a circle', async () => {
    mkdirSync(join(root, 's/deep'), { recursive: true });
    put('out', 'ok');
    put('s/a', '1');
    const kept = { alias: 'out', 's/up': '../out', 's/deep/far': '../../s/../out', dir: 's', self: '.' };
    const refused = {
      p: '/etc/passwd',
      root: '/',
      absolute: join(root, 'out'),
      dangling: 'nowhere',
      'through-file': 'out/x',
      outside: '..',
      'out-and-back': '../work/out',
      loop: 'loop',
    };
    for (const [name, target] of Object.entries({ ...kept, ...refused })) symlinkSync(target, join(root, name));
    const found = await archive();
    expect(names(found)).toEqual([...Object.keys(kept), NOTE, 'out', 's/a'].sort());
    for (const [name, target] of Object.entries(kept)) {
      expect(found.get(name)).toMatchObject({ mode: 0o120777, bytes: Buffer.from(target) });
    }
    for (const [name, target] of Object.entries(refused)) {
      expect(text(found, NOTE)).toContain(`${name}: left out: symbolic link to ${target}, which `);
    }
  });
});

describe('what can not be archived', () => {
  it.each([true, false])('is skipped unopened and noted: FIFO, socket, device (live: %s)', async (live) => {
    execFileSync('mkfifo', [join(root, 'p')]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(root, 'sock'), resolve));
    const hasDevice = spawnSync('mknod', [join(root, 'dev'), 'c', '1', '5']).status === 0;
    mkdirSync(join(root, 'only'));
    execFileSync('mkfifo', [join(root, 'only/p')]);
    put('zz_out', 'ok');
    try {
      const found = await archive(live);
      expect(names(found)).toEqual([NOTE, 'only/', 'zz_out']);
      const note = text(found, NOTE) ?? '';
      expect(note).toContain('\np: left out: FIFO, not a regular file\n');
      expect(note).toContain('\nsock: left out: socket, not a regular file\n');
      expect(note).toContain('\nonly/p: left out: FIFO');
      expect(note.includes('\ndev: left out: device')).toBe(hasDevice);
    } finally {
      server.close();
    }
  });

  it('is noted where permissions forbid it while a job runs, and made readable once it is at rest', async () => {
    put('x', 'a', 0o000);
    mkdirSync(join(root, 'd'));
    put('d/y', 'b');
    mkdirSync(join(root, 'listable'));
    put('listable/z', 'c');
    put('out', 'ok');
    fs.chmodSync(join(root, 'd'), 0o000);
    fs.chmodSync(join(root, 'listable'), 0o400);
    await asOrdinaryUser(base, async () => {
      const live = await archive(true);
      expect(names(live)).toEqual([NOTE, 'd/', 'listable/', 'out']);
      for (const name of ['x', 'd/', 'listable/z']) {
        expect(text(live, NOTE)).toContain(`\n${name}: left out: could not be read: permission denied\n`);
      }
      expect(fs.statSync(join(root, 'x')).mode & 0o777).toBe(0);

      const atRest = await archive(false);
      expect(names(atRest)).toEqual(['d/y', 'listable/z', 'out', 'x']);
      expect(atRest.get('x')).toMatchObject({ mode: 0o100000, bytes: Buffer.from('a') });
    });
  });

  it('is the whole tree when the directory is gone: the note alone says so', async () => {
    rmSync(root, { recursive: true });
    const found = await archive();
    expect(names(found)).toEqual([NOTE]);
    expect(text(found, NOTE)).toContain('The directory is gone');
  });

  it('is a link where one directory of the root is wanted: neither root nor directory is followed', async () => {
    put('mine.txt');
    const outer = join(base, 'outer');
    mkdirSync(outer);
    fs.renameSync(root, join(outer, 'work'));
    symlinkSync(outer, join(base, 'linked'));
    mkdirSync(join(base, 'swapped'));
    symlinkSync(join(outer, 'work'), join(base, 'swapped', 'work'));
    for (const [place, expected] of [
      ['outer', ['mine.txt']],
      ['linked', [NOTE]],
      ['swapped', [NOTE]],
    ] as const) {
      const path = join(base, `${place}.zip`);
      const zip = archiveDirectory(join(base, place), { live: false, noteName: NOTE, below: 'work' });
      await pipeline(zip, createWriteStream(path));
      expect(names(await unpack(path))).toEqual(expected);
    }
  });
});
