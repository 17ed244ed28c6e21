import { readFileSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { RandomAccessReader, fromRandomAccessReaderPromise } from 'yauzl';
import { OrchestratorError, errnoOf, messageOf } from '../errors';
import { checkEntry, type PieceReader } from './check-entry';

/** The file is no whole zip archive. Whoever fetched it fetches again or fails the job; the file itself won't mend. */
export class ArchiveDamagedError extends OrchestratorError {
  readonly code = 'archive-damaged';
  readonly retryable = false;

  constructor(
    readonly path: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${path} is not a whole zip archive: ${reason}`, { cause });
  }
}

/** A file up to it is read at once, on the spot. */
const QUICK_BYTES = 64 * 1024;
const WINDOW_BYTES = 256 * 1024;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_RECORD_BYTES = 46;
const END_RECORD_BYTES = 22;

/**
 * Checks a finished zip file: end record, every entry of the central directory, that the file has room for all data they
 * speak of, and the checksum of each. Names are not judged. Returns the number of entries.
 * @throws ArchiveDamagedError   cut short, or no zip
 * @throws Error with an errno   the file could not be read (ENOENT, EIO...)
 */
export async function verifyArchive(path: string): Promise<number> {
  const isSmall = statSync(path).size <= QUICK_BYTES;
  const file = isSmall ? readFileSync(path) : await open(path, 'r');
  try {
    const size = Buffer.isBuffer(file) ? file.length : (await file.stat()).size;
    return await countEntries(path, file, size);
  } catch (error) {
    if (error instanceof ArchiveDamagedError || errnoOf(error) !== undefined) {
      throw error;
    }
    throw new ArchiveDamagedError(path, messageOf(error), error);
  } finally {
    if (!Buffer.isBuffer(file)) {
      await file.close();
    }
  }
}

/** A file, or all that is in it. */
type Source = FileHandle | Buffer;

async function countEntries(path: string, file: Source, size: number): Promise<number> {
  const options = { decodeStrings: false, autoClose: false };
  const zip = await fromRandomAccessReaderPromise(new WindowReader(file), size, options);
  const data = new WindowReader(file);
  let centralBytes = 0;
  let dataEnd = 0;
  for await (const entry of zip.eachEntry()) {
    centralBytes += CENTRAL_RECORD_BYTES + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    const headEnd = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + entry.fileNameLength;
    dataEnd = Math.max(dataEnd, headEnd + entry.compressedSize);
    if (dataEnd <= size) {
      await checkEntry(file, data, entry);
    }
  }
  if (dataEnd + centralBytes + END_RECORD_BYTES > size) {
    throw new ArchiveDamagedError(
      path,
      `its entries need ${dataEnd + centralBytes + END_RECORD_BYTES} bytes, it has ${size}`,
    );
  }
  return zip.entryCount;
}

/** Reads ahead: yauzl asks for every record by two reads of a few dozen bytes. */
class WindowReader extends RandomAccessReader implements PieceReader {
  private start = 0;
  private window: Buffer;

  constructor(private readonly file: Source) {
    super();
    this.window = Buffer.isBuffer(file) ? file : Buffer.alloc(0);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.fill(position, length).then(
      () => {
        this.window.copy(buffer, offset, position - this.start, position - this.start + length);
        callback(null);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** A copy may be kept no longer than until the next call. */
  async piece(position: number, length: number): Promise<Buffer> {
    await this.fill(position, length);
    return this.window.subarray(position - this.start, position - this.start + length);
  }

  private async fill(position: number, length: number): Promise<void> {
    if (position >= this.start && position + length <= this.start + this.window.length) {
      return;
    }
    const read = Buffer.isBuffer(this.file) ? Buffer.alloc(0) : await readWindow(this.file, position, length);
    if (read.length < length) {
      throw new Error('it ends in the middle of a record');
    }
    this.window = read;
    this.start = position;
  }
}

async function readWindow(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const wanted = Buffer.allocUnsafe(Math.max(WINDOW_BYTES, length));
  const { bytesRead } = await file.read(wanted, 0, wanted.length, position);
  return wanted.subarray(0, bytesRead);
}
