import { crc32 } from 'node:zlib';
import { ZIP_METHOD, ZipEntry, ZipMethod, centralRecord, dataDescriptor, endRecords, localHeader } from './zip-records';

/** What is known of an entry before its data. */
export interface EntryHead {
  /** Path in the archive: valid UTF-8, relative, '/' between the parts. A directory's ends with '/'. */
  readonly name: string;
  /** st_mode: type and permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
}

/** The data of an entry that fits into memory. */
export interface WholeData {
  readonly method: ZipMethod;
  readonly crc: number;
  readonly size: number;
  /** As they go into the archive. */
  readonly bytes: Buffer;
}

type Encode = (data: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

const NO_DATA: WholeData = { method: ZIP_METHOD.stored, crc: 0, size: 0, bytes: Buffer.alloc(0) };

// Above it a streamed entry gets 8-byte sizes in its descriptor. Room is left for deflate making incompressible data
// a little longer.
const LONG_DESCRIPTOR_FROM = 3.5 * 1024 ** 3;

const SLAB_BYTES = 64 * 1024;

/**
 * Turns entries into the pieces of a zip file. The caller writes every piece yielded, in order, and calls `end` last;
 * a piece is never touched again. Keeps the central directory (some 80 bytes an entry) and nothing else.
 */
export class ZipWriter {
  private offset = 0;
  private entries = 0;
  private readonly central: Buffer[] = [];
  private slab = Buffer.alloc(0);
  private slabUsed = 0;

  *directory(head: EntryHead): Generator<Buffer> {
    yield* this.whole(head, NO_DATA);
  }

  *whole(head: EntryHead, data: WholeData): Generator<Buffer> {
    const entry: ZipEntry = {
      ...this.opening(head),
      method: data.method,
      isStreamed: false,
      hasLongDescriptor: false,
      crc: data.crc,
      size: data.size,
      compressedSize: data.bytes.length,
    };
    yield this.counted(localHeader(entry));
    if (data.bytes.length > 0) {
      yield this.counted(data.bytes);
    }
    this.record(entry);
  }

  /**
   * An entry whose data is too long to hold. `expectedSize` bytes at most may come; fewer may.
   * `encode` makes of the data what `method` says; `data` is read once, at the pace at which the pieces are taken.
   */
  async *streamed(
    head: EntryHead,
    expectedSize: number,
    method: ZipMethod,
    data: AsyncIterable<Buffer>,
    encode: Encode,
  ): AsyncGenerator<Buffer> {
    const entry: ZipEntry = {
      ...this.opening(head),
      method,
      isStreamed: true,
      hasLongDescriptor: expectedSize >= LONG_DESCRIPTOR_FROM,
      crc: 0,
      size: 0,
      compressedSize: 0,
    };
    yield this.counted(localHeader(entry));
    for await (const piece of encode(measured(data, entry))) {
      entry.compressedSize += piece.length;
      yield this.counted(piece);
    }
    yield this.counted(dataDescriptor(entry));
    this.record(entry);
  }

  *end(): Generator<Buffer> {
    const centralOffset = this.offset;
    for (const slab of this.central) {
      yield this.counted(slab);
    }
    yield this.counted(this.slab.subarray(0, this.slabUsed));
    yield endRecords(this.entries, centralOffset, this.offset - centralOffset);
  }

  private opening(head: EntryHead): Pick<ZipEntry, 'name' | 'mode' | 'mtimeMs' | 'offset'> {
    return { name: Buffer.from(head.name), mode: head.mode, mtimeMs: head.mtimeMs, offset: this.offset };
  }

  private counted(piece: Buffer): Buffer {
    this.offset += piece.length;
    return piece;
  }

  /** Records are copied into slabs: a Buffer object of its own for each costs more than the record. */
  private record(entry: ZipEntry): void {
    const record = centralRecord(entry);
    if (this.slabUsed + record.length > this.slab.length) {
      this.central.push(this.slab.subarray(0, this.slabUsed));
      this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, record.length));
      this.slabUsed = 0;
    }
    this.slabUsed += record.copy(this.slab, this.slabUsed);
    this.entries += 1;
  }
}

async function* measured(data: AsyncIterable<Buffer>, into: ZipEntry): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    into.crc = crc32(chunk, into.crc);
    into.size += chunk.length;
    yield chunk;
  }
}
