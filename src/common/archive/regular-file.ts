import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { buffersPassed } from '../dead-buffers';
import { closeDescriptor, statDescriptor } from '../descriptors';
import { errnoOf } from '../errors';
import type { QuickCalls } from '../quick-calls';
import { LeftOut } from './left-out';
import { openPatiently } from './open-directory';
import { addPermissions } from './permissions';

const read = promisify(fs.read);
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** More is read in the thread pool. */
const QUICK_READ_BYTES = 64 * 1024;

const CHUNK_BYTES = 256 * 1024;

/** How a file changed under the reader: the archive has what it could get. */
export type FileChange = 'grew' | 'shrank';

/**
 * A regular file, open; whoever opened it closes it, with no read under way. At most the bytes that it had when it was
 * opened are read, or a job that writes faster than we read would make an archive without end.
 */
export class RegularFile {
  change: FileChange | undefined;

  private constructor(
    private readonly fd: number,
    readonly size: number,
    /** As found, before it was made readable. */
    readonly mode: number,
    readonly mtimeMs: number,
    private readonly quick: QuickCalls,
  ) {}

  /**
   * Opens without following a link and without waiting for a FIFO's writer.
   * `mayChmod`: a file that we own and can't read is made readable.
   */
  static async open(path: Buffer, mayChmod: boolean, quick: QuickCalls): Promise<RegularFile | LeftOut> {
    let modeBefore: number | undefined;
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    const fd = await openPatiently(path, flags, quick).catch(async (error: unknown) => {
      if (errnoOf(error) !== 'EACCES' || !mayChmod) {
        throw error;
      }
      modeBefore = await addPermissions(path, 0o400, quick);
      return openPatiently(path, flags, quick);
    });
    const stats = await statDescriptor(fd, quick);
    if (!stats.isFile()) {
      await closeDescriptor(fd, quick);
      return new LeftOut('special file, not a regular one');
    }
    return new RegularFile(fd, stats.size, modeBefore ?? stats.mode, stats.mtimeMs, quick);
  }

  /** The whole file at once, for one that fits into memory. */
  async readWhole(): Promise<Buffer> {
    return this.readAt(0, this.size);
  }

  /** Up to `length` bytes of the beginning; notes no change. */
  async readStart(length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.quick.pooled(() => read(this.fd, buffer, 0, length, 0));
    return buffer.subarray(0, bytesRead);
  }

  /** The file from its beginning, a new buffer for each chunk. */
  async *chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.size && this.change === undefined;) {
      const chunk = await this.readAt(at, Math.min(CHUNK_BYTES, this.size - at));
      at += chunk.length;
      if (chunk.length > 0) {
        buffersPassed(chunk.length);
        yield chunk;
      }
    }
  }

  close(): void | Promise<void> {
    return closeDescriptor(this.fd, this.quick);
  }

  /** One byte more than wanted is asked for at the file's end: if it comes, the file has grown. */
  private async readAt(position: number, length: number): Promise<Buffer> {
    const spare = position + length === this.size ? 1 : 0;
    const buffer = Buffer.allocUnsafe(length + spare);
    let filled = 0;
    while (filled < length) {
      const bytesRead = await this.readInto(buffer, filled, position + filled);
      if (bytesRead === 0) {
        this.change = 'shrank';
        break;
      }
      filled += bytesRead;
    }
    if (filled > length) {
      this.change = 'grew';
    }
    return buffer.subarray(0, Math.min(filled, length));
  }

  private async readInto(buffer: Buffer, from: number, position: number): Promise<number> {
    const length = buffer.length - from;
    if (length <= QUICK_READ_BYTES && this.quick.take()) {
      return fs.readSync(this.fd, buffer, from, length, position);
    }
    return (await this.quick.pooled(() => read(this.fd, buffer, from, length, position))).bytesRead;
  }
}
