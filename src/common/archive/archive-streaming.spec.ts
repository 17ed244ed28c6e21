import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fromBufferPromise } from 'yauzl';
import { archiveDirectory } from './archive-directory';
import { verifyArchive } from './verify-archive';

const NOTE = 'NOTE.txt';
const MIB = 1024 * 1024;

let root: string;

beforeEach(() => (root = fs.mkdtempSync(join(tmpdir(), 'archive-live-'))));
afterEach(() => {
  expect(openBelowRoot()).toEqual([]);
  fs.rmSync(root, { recursive: true, force: true });
});

/** Where our descriptors point that have anything of the tree open. */
function openBelowRoot(): string[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(root) ? [target] : [];
    } catch {
      return [];
    }
  });
}

/** Starts an archive, lets `meanwhile` happen once the first bytes are there, and reads it to its end. */
async function archiveWhile(meanwhile: () => void): Promise<Map<string, Buffer>> {
  const stream = archiveDirectory(root, { live: true, noteName: NOTE });
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (pieces.length === 0) {
      meanwhile();
    }
    pieces.push(piece);
  }
  const found = new Map<string, Buffer>();
  const zip = await fromBufferPromise(Buffer.concat(pieces), {});
  for await (const entry of zip.eachEntry()) {
    found.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return found;
}

const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));

describe('a tree that changes while it is read', () => {
  it.each([
    ['noise', randomBytes(8 * MIB)],
    ['text', Buffer.from(randomBytes(8 * MIB).toString('hex'))],
  ])('gives of a growing file what it had when it was opened, and says so (%s)', async (_kind, data) => {
    const log = join(root, 'log');
    fs.writeFileSync(log, data);
    const found = await archiveWhile(() => fs.appendFileSync(log, randomBytes(MIB)));
    expect(found.get('log')?.equals(data)).toBe(true);
    expect(found.get(NOTE)?.toString()).toContain(
      `log: grew while it was read: its first ${data.length} bytes are here`,
    );
  });

  it('gives of a file that is cut what is left of it, and says so', async () => {
    const path = join(root, 'cut');
    const data = randomBytes(8 * MIB);
    fs.writeFileSync(path, data);
    const found = await archiveWhile(() => fs.truncateSync(path, 5 * MIB));
    expect(found.get('cut')?.equals(data.subarray(0, 5 * MIB))).toBe(true);
    expect(found.get(NOTE)?.toString()).toContain(`cut: was cut from ${data.length} bytes while it was read`);
  });

  it('is archived without what vanished meanwhile, or became a link to the outside, and says so', async () => {
    fs.writeFileSync(join(root, 'first'), randomBytes(8 * MIB));
    fs.writeFileSync(join(root, 'second'), randomBytes(MIB));
    for (const name of ['swapped', 'vanished', 'stays']) {
      fs.mkdirSync(join(root, name));
      fs.writeFileSync(join(root, name, 'hosts'), 'mine');
    }
    const found = await archiveWhile(() => {
      fs.rmSync(join(root, 'second'));
      fs.rmSync(join(root, 'vanished'), { recursive: true });
      fs.rmSync(join(root, 'swapped'), { recursive: true });
      fs.symlinkSync('/etc', join(root, 'swapped'));
    });
    expect([...found.keys()]).toEqual(['first', 'stays/hosts', NOTE]);
    const note = found.get(NOTE)?.toString() ?? '';
    expect(note).toContain('\nsecond: left out: vanished');
    expect(note).toContain('\nvanished/: left out: vanished');
    expect(note).toContain('\nswapped/: left out: ');
  });

  it('is not left by way of a directory above that became a link', async () => {
    const outside = fs.mkdtempSync(join(tmpdir(), 'archive-outside-'));
    for (const top of [outside, join(root, 'p')]) {
      fs.mkdirSync(join(top, 'q'), { recursive: true });
      fs.writeFileSync(join(top, 'q/hosts'), 'hosts');
    }
    fs.writeFileSync(join(root, 'p/first'), randomBytes(8 * MIB));
    const found = await archiveWhile(() => {
      fs.renameSync(join(root, 'p'), join(root, 'p-before'));
      fs.symlinkSync(outside, join(root, 'p'));
    });
    fs.rmSync(outside, { recursive: true });
    expect([...found.keys()].filter((name) => name.includes('hosts'))).toEqual([]);
    expect(found.get(NOTE)?.toString()).toContain('\np/q/: left out: vanished');
  });
});

describe('the stream', () => {
  it('stops when it is destroyed early, with every descriptor closed by its close event', async () => {
    fs.mkdirSync(join(root, 'm'));
    for (let n = 0; n < 500; n++) fs.writeFileSync(join(root, 'm', String(n)), 'x'.repeat(n * 100));
    for (const [name, data] of [
      ['big-noise', randomBytes(16 * MIB)],
      ['big-text', Buffer.alloc(16 * MIB, 'text ')],
    ] as const) {
      fs.writeFileSync(join(root, name), data);
    }
    const faults: unknown[] = [];
    const onFault = (reason: unknown): void => void faults.push(reason);
    process.on('unhandledRejection', onFault);
    try {
      const size = (await buffer(archiveDirectory(root, { live: false, noteName: NOTE }))).length;
      for (let stopAfter = 0; stopAfter < size; stopAfter += Math.ceil(size / 40)) {
        const stream = archiveDirectory(root, { live: false, noteName: NOTE });
        let seen = 0;
        const onEnd = jest.fn();
        stream.once('end', onEnd);
        stream.on('data', (piece: Buffer) => {
          seen += piece.length;
          if (seen > stopAfter) stream.destroy();
        });
        await closed(stream);
        expect(openBelowRoot()).toEqual([]);
        if (seen < size) expect(onEnd).not.toHaveBeenCalled();
      }
    } finally {
      process.off('unhandledRejection', onFault);
    }
    expect(faults).toEqual([]);
  });

  it('opens nothing before it is read', async () => {
    fs.writeFileSync(join(root, 'a'), 'a');
    const stream = archiveDirectory(root, { live: false, noteName: NOTE });
    stream.destroy();
    await closed(stream);
    expect(openBelowRoot()).toEqual([]);
  });

  it('is destroyed with the error, and does not end, when the archive can not be made', async () => {
    const stream = archiveDirectory(`${root}\0`, { live: false, noteName: NOTE });
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(stream.readableEnded).toBe(false);
  });

  it('reads no further than its reader asks', async () => {
    const log = join(root, 'log');
    fs.writeFileSync(log, randomBytes(32 * MIB));
    const stream = archiveDirectory(root, { live: true, noteName: NOTE });
    await new Promise((resolve) => stream.once('readable', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.readableLength).toBeLessThan(2 * MIB);
    stream.destroy();
    await closed(stream);
  });

  it('has at most 16 files open at a time, takes 20,000 in a few seconds, and leaves the event loop free', async () => {
    const count = 20_000;
    fs.mkdirSync(join(root, 'm'));
    for (let n = 0; n < count; n++) fs.writeFileSync(join(root, 'm', String(n)), `${n}\n`);
    let most = 0;
    let longestMs = 0;
    let lastMs = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
      most = Math.max(most, openBelowRoot().length);
    }, 5);
    const startedMs = performance.now();
    try {
      const out = join(root, '..', `${basename(root)}.zip`);
      await pipeline(archiveDirectory(root, { live: false, noteName: NOTE }), fs.createWriteStream(out));
      expect(await verifyArchive(out)).toBe(count);
      fs.rmSync(out);
    } finally {
      clearInterval(watch);
    }
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(16);
    expect(longestMs).toBeLessThan(1000);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });
});
