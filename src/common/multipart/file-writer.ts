import * as fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { syncPath } from '../durable-fs';
import { QuickCalls } from '../quick-calls';
import { BLOCK_BYTES, returnBlock, takeBlock } from './block-pool';

// Plain descriptors: a FileHandle costs about as much again as the system calls, which 10,000 small files feel. All calls
// but the first few are asynchronous, since a directory on a slow network disk must not stop the whole program.
const open = promisify(fs.open);
const write = promisify(fs.write);
const fsync = promisify(fs.fsync);
const close = promisify(fs.close);

/** Files of one form that are open at a time. */
const MAX_OPEN_FILES = 8;

/** Bytes waiting for the disk at which `isBehind` turns on, and off again. */
const BEHIND_BYTES = 1024 * 1024;
const RELIEVED_BYTES = 512 * 1024;

/** What a waiting file counts besides its contents, so that many tiny ones count as well. */
const FILE_OVERHEAD_BYTES = 1024;

/** Up to this size contents are copied out of the block, which serves on; above, the block is handed over. */
const COPY_BYTES = 16 * 1024;

/** Takes the contents of one file. */
export interface FileContents {
  /** Copies the chunk. Never waits: the caller stops feeding while the writer is behind. */
  append(chunk: Buffer): void;
  end(): void;
}

/** Bytes on their way to disk. */
interface Piece {
  readonly bytes: Buffer;
  /** Goes back to the pool after the write; undefined if the bytes are a copy. */
  readonly block: Buffer | undefined;
}

interface QueuedFile {
  readonly name: string;
  readonly pieces: Piece[];
  /** It stands in `waiting`, or has gone on to `running`. */
  isQueued: boolean;
  isWhole: boolean;
  /** Set while the file's writing waits for pieces. */
  wake: (() => void) | undefined;
}

/**
 * Writes the files of one form, a few at a time, into an existing directory. They come one after the other, each whole
 * before the next begins. A small file is gathered in memory first: one open, one write, one close.
 */
export class FileWriter {
  private readonly waiting: QueuedFile[] = [];
  private readonly running = new Set<QueuedFile>();
  private readonly quick = new QuickCalls();
  private queuedBytes = 0;
  private block: Buffer | undefined;
  private used = 0;
  private behind = false;
  private failure: { readonly cause: unknown } | undefined;
  private onIdle: (() => void) | undefined;

  /**
   * @param durable sync every file, and at the end the directory
   * @param onChange called when `isBehind` has turned off, and when writing has failed
   */
  constructor(
    private readonly directory: string,
    private readonly durable: boolean,
    private readonly onChange: () => void,
  ) {}

  /** The disk is slower than the sender, who has to wait until `onChange`. */
  get isBehind(): boolean {
    return this.behind;
  }

  /** The first error of the disk; nothing is written after it. */
  get error(): { readonly cause: unknown } | undefined {
    return this.failure;
  }

  /** Begins a file. It is created exclusively: where the directory has an entry of that name, writing fails (EEXIST). */
  begin(name: string): FileContents {
    const file: QueuedFile = { name, pieces: [], isQueued: false, isWhole: false, wake: undefined };
    return {
      append: (chunk) => {
        for (let at = 0; at < chunk.length;) {
          this.block ??= takeBlock();
          const copied = chunk.copy(this.block, this.used, at);
          at += copied;
          this.used += copied;
          if (this.used === BLOCK_BYTES) {
            this.handOver(file);
          }
        }
      },
      end: () => {
        file.isWhole = true;
        this.handOver(file);
      },
    };
  }

  /** Resolves once all files are on disk, and synced where asked for. Rejects with the first error, no file being open. */
  async finish(): Promise<void> {
    await this.settle();
    if (this.failure !== undefined) {
      throw this.failure.cause;
    }
    if (this.durable) {
      await syncPath(this.directory);
    }
  }

  /** Gives up because of `cause`: resolves once no file is open and nothing is being written. */
  async abandon(cause: unknown): Promise<void> {
    this.fail(cause);
    await this.settle();
  }

  private async settle(): Promise<void> {
    if (this.running.size > 0) {
      await new Promise<void>((resolve) => (this.onIdle = resolve));
    }
    if (this.block !== undefined) {
      returnBlock(this.block);
      this.block = undefined;
    }
  }

  /** Queues what the block holds, and the file itself the first time. */
  private handOver(file: QueuedFile): void {
    const { block, used } = this;
    if (block !== undefined && used > 0) {
      const isCopied = used <= COPY_BYTES;
      const bytes = block.subarray(0, used);
      file.pieces.push(isCopied ? { bytes: Buffer.from(bytes), block: undefined } : { bytes, block });
      this.block = isCopied ? block : undefined;
      this.used = 0;
      this.count(used);
    }
    if (!file.isQueued) {
      file.isQueued = true;
      this.count(FILE_OVERHEAD_BYTES);
      this.waiting.push(file);
      this.startWaiting();
    }
    file.wake?.();
  }

  private count(bytes: number): void {
    this.queuedBytes += bytes;
    if (this.queuedBytes > BEHIND_BYTES) {
      this.behind = true;
    } else if (this.behind && this.queuedBytes <= RELIEVED_BYTES) {
      this.behind = false;
      this.onChange();
    }
  }

  private fail(cause: unknown): void {
    if (this.failure === undefined) {
      this.failure = { cause };
      for (const file of this.running) {
        file.wake?.();
      }
      this.onChange();
    }
  }

  private startWaiting(): void {
    while (this.running.size < MAX_OPEN_FILES) {
      const file = this.waiting.shift();
      if (file === undefined) {
        return;
      }
      this.running.add(file);
      void this.store(file).then(() => {
        this.running.delete(file);
        this.count(-FILE_OVERHEAD_BYTES);
        this.startWaiting();
        if (this.running.size === 0) {
          this.onIdle?.();
        }
      });
    }
  }

  /** Never rejects: an error is that of the whole form. */
  private async store(file: QueuedFile): Promise<void> {
    try {
      if (this.failure === undefined) {
        const path = join(this.directory, file.name);
        await this.storeOpened(file, this.quick.take() ? fs.openSync(path, 'wx') : await open(path, 'wx'));
      }
    } catch (error) {
      this.fail(error);
    }
    for (const piece of file.pieces.splice(0)) {
      this.release(piece);
    }
  }

  private async storeOpened(file: QueuedFile, descriptor: number): Promise<void> {
    try {
      for (let piece = await this.nextPiece(file); piece !== undefined; piece = await this.nextPiece(file)) {
        try {
          if (piece.block === undefined && this.quick.take()) {
            writeAllNow(descriptor, piece.bytes);
          } else {
            await writeAll(descriptor, piece.bytes);
          }
        } finally {
          this.release(piece);
        }
      }
      if (this.durable && this.failure === undefined) {
        await fsync(descriptor);
      }
    } finally {
      if (this.quick.take()) {
        fs.closeSync(descriptor);
      } else {
        await close(descriptor);
      }
    }
  }

  /** Undefined: the file is whole, or writing has failed elsewhere. */
  private async nextPiece(file: QueuedFile): Promise<Piece | undefined> {
    while (file.pieces.length === 0 && !file.isWhole && this.failure === undefined) {
      await new Promise<void>((resolve) => (file.wake = resolve));
      file.wake = undefined;
    }
    return this.failure === undefined ? file.pieces.shift() : undefined;
  }

  private release(piece: Piece): void {
    this.count(-piece.bytes.length);
    if (piece.block !== undefined) {
      returnBlock(piece.block);
    }
  }
}

/** A disk that fills up takes a part of the bytes first, and fails at the next call. */
async function writeAll(descriptor: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await write(descriptor, bytes, at)).bytesWritten;
  }
}

function writeAllNow(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    at += fs.writeSync(descriptor, bytes, at);
  }
}
