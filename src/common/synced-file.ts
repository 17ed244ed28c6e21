import { closeSync, fsync, openSync, write, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { QuickCalls } from './quick-calls';

/** A piece up to it may be written on the spot: it goes into the page cache. */
const QUICK_WRITE_BYTES = 64 * 1024;

type Done = (error?: Error | null) => void;

/** A stream into a file, which it creates or empties; when it has finished, the bytes are synced to disk. */
export class SyncedFile extends Writable {
  private readonly quick = new QuickCalls();
  private descriptor = -1;
  /** A call in the thread pool holds the descriptor. */
  private isBusy = false;
  /** Set when the stream was destroyed meanwhile: closes the file. */
  private whenIdle: (() => void) | null = null;

  /** @param highWaterMark bytes that may wait for the disk */
  constructor(
    private readonly path: string,
    highWaterMark: number,
  ) {
    super({ highWaterMark });
  }

  override _construct(done: Done): void {
    try {
      this.descriptor = openSync(this.path, 'w');
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (chunk.length > QUICK_WRITE_BYTES || !this.quick.take()) {
      this.writeFrom(chunk, 0, done);
      return;
    }
    try {
      for (let at = 0; at < chunk.length;) {
        at += writeSync(this.descriptor, chunk, at);
      }
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _final(done: Done): void {
    this.isBusy = true;
    fsync(this.descriptor, (error) => this.after(() => done(error)));
  }

  /** Closes only when no call is under way: a late write would hit whatever file has the descriptor's number by then. */
  override _destroy(error: Error | null, done: Done): void {
    const close = () => {
      if (this.descriptor !== -1) {
        closeSync(this.descriptor);
      }
      done(error);
    };
    if (this.isBusy) {
      this.whenIdle = close;
    } else {
      close();
    }
  }

  /** A call in the thread pool has come back. */
  private after(goOn: () => void): void {
    this.isBusy = false;
    if (this.whenIdle) {
      this.whenIdle();
    } else {
      goOn();
    }
  }

  /** A disk that fills up takes a part of the bytes first, and fails at the next call. */
  private writeFrom(chunk: Buffer, at: number, done: Done): void {
    this.isBusy = true;
    write(this.descriptor, chunk, at, (error, written) => {
      this.after(() => {
        if (error || at + written === chunk.length) {
          done(error);
        } else {
          this.writeFrom(chunk, at + written, done);
        }
      });
    });
  }
}
