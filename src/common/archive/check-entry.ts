import type { FileHandle } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { buffersPassed } from '../dead-buffers';
import { ZIP_METHOD } from './zip-records';

/** What the central directory says of an entry; sizes in bytes. */
export interface EntryRecord {
  readonly relativeOffsetOfLocalHeader: number;
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly crc32: number;
}

const LOCAL_HEADER_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
/** Unpacked in one piece, in memory. */
const SMALL_BYTES = 256 * 1024;
const CHUNK_BYTES = 512 * 1024;

/** Reads pieces of a file; what is asked for in order costs few reads. */
export interface PieceReader {
  piece(position: number, length: number): Promise<Buffer>;
}

/**
 * Unpacks an entry's data to nowhere and compares size and checksum. Costs little beside the transfer: a stored gigabyte
 * takes a fifth of a second, a deflated one some seconds, in the thread pool.
 * @throws Error saying what is wrong
 */
export async function checkEntry(file: FileHandle | Buffer, reader: PieceReader, entry: EntryRecord): Promise<void> {
  const header = await reader.piece(entry.relativeOffsetOfLocalHeader, LOCAL_HEADER_BYTES);
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw new Error('an entry has no header where it should be');
  }
  const start =
    entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  const isSmall = entry.compressedSize <= SMALL_BYTES && entry.uncompressedSize <= 16 * SMALL_BYTES;
  const found = isSmall ? await checkSmall(reader, start, entry) : await checkLarge(file, start, entry);
  if (found.size !== entry.uncompressedSize || found.crc !== entry.crc32) {
    throw new Error('the data of an entry does not match its checksum');
  }
}

interface Found {
  readonly size: number;
  readonly crc: number;
}

async function checkSmall(reader: PieceReader, start: number, entry: EntryRecord): Promise<Found> {
  const packed = await reader.piece(start, entry.compressedSize);
  const data = isDeflated(entry)
    ? inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) })
    : packed;
  return { size: data.length, crc: crc32(data) };
}

async function checkLarge(file: FileHandle | Buffer, start: number, entry: EntryRecord): Promise<Found> {
  let size = 0;
  let crc = 0;
  const end = start + entry.compressedSize - 1;
  const packed = Buffer.isBuffer(file)
    ? Readable.from([file.subarray(start, end + 1)])
    : file.createReadStream({ start, end, autoClose: false, highWaterMark: CHUNK_BYTES });
  const sink = new Writable({
    highWaterMark: CHUNK_BYTES,
    write(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      crc = crc32(chunk, crc);
      buffersPassed(chunk.length);
      // What unpacks to more than it says must not keep us busy for ever.
      done(size > entry.uncompressedSize ? new Error('an entry holds more than it says') : null);
    },
  });
  await (isDeflated(entry)
    ? pipeline(packed, createInflateRaw({ chunkSize: CHUNK_BYTES }), sink)
    : pipeline(packed, sink));
  return { size, crc };
}

function isDeflated({ compressionMethod }: EntryRecord): boolean {
  if (compressionMethod !== ZIP_METHOD.deflated && compressionMethod !== ZIP_METHOD.stored) {
    throw new Error(`an entry is packed by the unknown method ${compressionMethod}`);
  }
  return compressionMethod === ZIP_METHOD.deflated;
}
