import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { fromBufferPromise, openPromise, type Entry, type ZipFile } from 'yauzl';

/** Contents up to this size are kept in memory; of larger ones only size and digest are known. */
const KEPT_BYTES = 32 * 1024 * 1024;

interface ZipEntry {
  content: Buffer | null;
  size: number;
  sha256: string;
  attributes: number;
}

/**
 * A zip archive that was read whole: every size and CRC has been checked, no name is there twice, is absolute or leads
 * out of the archive. Entries of directories have a name that ends in a slash.
 */
export class ZipContents {
  private constructor(private readonly entries: ReadonlyMap<string, ZipEntry>) {}

  /** @throws Error saying what is wrong with the archive */
  static async read(source: Buffer | string): Promise<ZipContents> {
    // Names as bytes: yauzl would turn a backslash, which Linux allows in a name, into a slash.
    const options = { lazyEntries: true, decodeStrings: false } as const;
    const zip = await (typeof source === 'string' ? openPromise(source, options) : fromBufferPromise(source, options));
    const entries = new Map<string, ZipEntry>();
    for await (const entry of zip.eachEntry()) {
      const name = nameOf(entry);
      if (entries.has(name)) {
        throw new Error(`the archive holds ${JSON.stringify(name)} twice`);
      }
      entries.set(name, await readEntry(zip, entry, name));
    }
    return new ZipContents(entries);
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  text(name: string): string {
    return this.bytes(name).toString();
  }

  bytes(name: string): Buffer {
    const { content } = this.entry(name);
    if (!content) {
      throw new Error(`${JSON.stringify(name)} is too large to be kept`);
    }
    return content;
  }

  size(name: string): number {
    return this.entry(name).size;
  }

  sha256(name: string): string {
    return this.entry(name).sha256;
  }

  /** Permission bits, such as 0o755. */
  mode(name: string): number {
    return (this.entry(name).attributes >>> 16) & 0o7777;
  }

  /** A symbolic link, its target being the content. */
  isLink(name: string): boolean {
    return ((this.entry(name).attributes >>> 16) & 0o170000) === 0o120000;
  }

  private entry(name: string): ZipEntry {
    const found = this.entries.get(name);
    if (!found) {
      throw new Error(`no ${JSON.stringify(name)} in the archive, which holds ${JSON.stringify(this.names())}`);
    }
    return found;
  }
}

function nameOf(entry: Entry): string {
  // The typings know decoded names only.
  const name = (entry.fileName as unknown as Buffer).toString();
  if (name.startsWith('/') || name.split('/').includes('..')) {
    throw new Error(`the archive holds a name that leads out of it: ${JSON.stringify(name)}`);
  }
  return name;
}

async function readEntry(zip: ZipFile, entry: Entry, name: string): Promise<ZipEntry> {
  const stream: Readable = await zip.openReadStreamPromise(entry);
  const isKept = entry.uncompressedSize <= KEPT_BYTES;
  const chunks: Buffer[] = [];
  const digest = createHash('sha256');
  let sum = 0;
  let size = 0;
  for await (const piece of stream) {
    const chunk = piece as Buffer;
    sum = crc32(chunk, sum);
    size += chunk.length;
    digest.update(chunk);
    if (isKept) {
      chunks.push(chunk);
    }
  }
  if (sum !== entry.crc32 || size !== entry.uncompressedSize) {
    throw new Error(`${JSON.stringify(name)} is damaged: its size or CRC is not what the archive says`);
  }
  return {
    content: isKept ? Buffer.concat(chunks) : null,
    size,
    sha256: digest.digest('hex'),
    attributes: entry.externalFileAttributes,
  };
}
