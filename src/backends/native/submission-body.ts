import { randomUUID } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { QuickCalls } from '../../common/quick-calls';
import { inSlabs } from '../../common/slabs';

/** Read in large pieces: each costs a trip through the thread pool. */
const CHUNK_BYTES = 256 * 1024;

interface Part {
  readonly path: string;
  readonly size: number;
  readonly head: Buffer;
}

const PART_END = Buffer.from('\r\n');

/** A multipart form of the files of a directory, made while it is sent; its length is known before. */
export class SubmissionBody {
  private constructor(
    private readonly boundary: string,
    private readonly parts: readonly Part[],
    private readonly quick: QuickCalls,
  ) {}

  static async of(directory: string): Promise<SubmissionBody> {
    const boundary = `job-orchestrator-${randomUUID()}`;
    const parts: Part[] = [];
    const quick = new QuickCalls();
    for (const name of readdirSync(directory).sort()) {
      const path = join(directory, name);
      const { size } = quick.take() ? statSync(path) : await stat(path);
      parts.push({ path, size, head: Buffer.from(partHead(boundary, name)) });
    }
    return new SubmissionBody(boundary, parts, quick);
  }

  get contentType(): string {
    return `multipart/form-data; boundary=${this.boundary}`;
  }

  get contentLength(): number {
    const inside = this.parts.reduce((sum, part) => sum + part.head.length + part.size + PART_END.length, 0);
    return inside + this.tail().length;
  }

  /** The bytes, from the start; may be asked for again, for another attempt. */
  bytes(): AsyncGenerator<Buffer> {
    return inSlabs(this.pieces());
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    for (const part of this.parts) {
      yield part.head;
      if (part.size <= CHUNK_BYTES) {
        yield this.quick.take() ? readFileSync(part.path) : await readFile(part.path);
      } else {
        yield* createReadStream(part.path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
      }
      yield PART_END;
    }
    yield this.tail();
  }

  private tail(): Buffer {
    return Buffer.from(`--${this.boundary}--\r\n`);
  }
}

/**
 * A quote is written `\"`, as the Rust program's server does: its client reads neither `%22` nor `filename*`.
 * Stored names hold no control characters and no backslash, so nothing else needs care.
 */
function partHead(boundary: string, name: string): string {
  const quoted = name.replaceAll('"', '\\"');
  return (
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted}"; filename="${quoted}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n'
  );
}
