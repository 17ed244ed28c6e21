import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { messageOf } from '../../common/errors';
import { inSlabs } from '../../common/slabs';
import { LocalFileError } from '../command.errors';
import type { JobFile } from '../job-files';
import type { StreamedBody } from './http-call';

const CHUNK_BYTES = 256 * 1024;
const PART_END = Buffer.from('\r\n');

/** The multipart form of an upload, made while it is sent. */
export class JobForm implements StreamedBody {
  private readonly boundary = `job-orchestrator-${randomUUID()}`;
  private readonly fields: Buffer;
  private readonly tail: Buffer;

  /** @param onBytes told of every piece of a file that is handed to the connection */
  constructor(
    fields: Readonly<Record<string, string>>,
    private readonly files: readonly JobFile[],
    private readonly onBytes: (count: number) => void,
  ) {
    const heads = Object.entries(fields).map(
      ([name, value]) => `--${this.boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    );
    this.fields = Buffer.from(heads.join(''));
    this.tail = Buffer.from(`--${this.boundary}--\r\n`);
  }

  get contentType(): string {
    return `multipart/form-data; boundary=${this.boundary}`;
  }

  get contentLength(): number {
    const files = this.files.reduce((sum, file) => sum + this.head(file).length + file.bytes + PART_END.length, 0);
    return this.fields.length + files + this.tail.length;
  }

  bytes(): AsyncIterable<Buffer> {
    return inSlabs(this.pieces());
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    // The fields first: a wrong one is refused before the files are sent.
    yield this.fields;
    for (const file of this.files) {
      yield this.head(file);
      yield* this.content(file);
      yield PART_END;
    }
    yield this.tail;
  }

  private async *content(file: JobFile): AsyncGenerator<Buffer> {
    let sent = 0;
    try {
      for await (const piece of createReadStream(file.path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
        sent += piece.length;
        if (sent > file.bytes) {
          break;
        }
        this.onBytes(piece.length);
        yield piece;
      }
    } catch (error) {
      throw new LocalFileError(`${file.path} can't be read: ${messageOf(error)}`, { cause: error });
    }
    if (sent !== file.bytes) {
      throw new LocalFileError(`${file.path} changed while it was sent: submit again once it is complete`);
    }
  }

  /** A quote is written `\"`: servers of both kinds read that, and not all read `%22`. */
  private head(file: JobFile): Buffer {
    const name = file.name.replaceAll('"', '\\"');
    return Buffer.from(
      `--${this.boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    );
  }
}
