import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** File name to content. A name goes into `filename="..."` as raw UTF-8. */
export type FileMap = Record<string, string | Buffer>;

/** A whole HTTP answer. */
export class HttpAnswer {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly body: Buffer,
  ) {}

  get contentType(): string {
    return this.headers['content-type'] ?? '';
  }

  get isZip(): boolean {
    return this.contentType.startsWith('application/zip');
  }

  get text(): string {
    return this.body.toString();
  }

  /** @throws Error showing the answer, when its body is not JSON */
  // The type is the test's word for what it is about to check.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  json<T>(): T {
    try {
      return JSON.parse(this.text) as T;
    } catch {
      throw new Error(`the body is not JSON: ${this.brief()}`);
    }
  }

  /** Status, type and the beginning of the body, for failure messages. */
  brief(): string {
    return `${this.status} ${this.contentType} ${JSON.stringify(this.body.subarray(0, 300).toString())}`;
  }
}

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string | number>;
  body?: Buffer | string | Readable;
  /** Whole exchange. Default 30 s. */
  timeoutMs?: number;
  /** Reads a zip to its end without keeping it. */
  dropZip?: boolean;
  /** Writes a body of status 200 to this file in place of memory. */
  saveTo?: string;
}

/** One request on a connection of its own. Rejects when no whole answer comes in time. */
export async function request(url: string, options: RequestOptions = {}): Promise<HttpAnswer> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(url, options, signal);
  } catch (error) {
    const why = signal.aborted ? `no whole answer within ${timeoutMs} ms` : String(error);
    throw new Error(`${options.method ?? 'GET'} ${url}: ${why}`, { cause: error });
  }
}

async function exchange(url: string, options: RequestOptions, signal: AbortSignal): Promise<HttpAnswer> {
  const { body } = options;
  const headers: Record<string, string | number> = { ...options.headers };
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    headers['content-length'] = Buffer.byteLength(body);
  }
  const outgoing = httpRequest(url, { method: options.method ?? 'GET', headers, agent: false, signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
  });
  if (body instanceof Readable) {
    // A refusal may come, and the connection go, before the end of the body: the answer decides, not the pipe.
    pipeline(body, outgoing).catch(() => undefined);
  } else {
    outgoing.end(body);
  }
  const incoming = await answered;
  const { statusCode = 0 } = incoming;
  if (options.saveTo !== undefined && statusCode === 200) {
    await pipeline(incoming, createWriteStream(options.saveTo));
    return new HttpAnswer(statusCode, incoming.headers, Buffer.alloc(0));
  }
  const isKept = !(options.dropZip && incoming.headers['content-type']?.startsWith('application/zip'));
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) {
    if (isKept) {
      chunks.push(chunk as Buffer);
    }
  }
  return new HttpAnswer(statusCode, incoming.headers, Buffer.concat(chunks));
}

/** One part of a form: a text field, or a file when it has a filename. `disposition` replaces the whole header value. */
export interface Part {
  name?: string;
  filename?: string | Buffer;
  disposition?: string | Buffer;
  content: string | Buffer;
}

export interface Form {
  headers: Record<string, string>;
  body: Buffer;
  boundary: string;
}

/** A form as bytes. Names are written raw, so that a test decides about every byte of them. */
export function multipart(parts: readonly Part[]): Form {
  const boundary = `----test-${randomUUID()}`;
  const chunks = parts.flatMap((part) => [partHead(boundary, part), Buffer.from(part.content), Buffer.from('\r\n')]);
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat(chunks),
    boundary,
  };
}

function partHead(boundary: string, part: Part): Buffer {
  const disposition =
    part.disposition === undefined
      ? Buffer.concat([
          Buffer.from(`form-data; name="${part.name ?? 'file'}"`),
          ...(part.filename === undefined
            ? []
            : [Buffer.from('; filename="'), Buffer.from(part.filename), Buffer.from('"')]),
        ])
      : Buffer.from(part.disposition);
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: `),
    disposition,
    Buffer.from(part.filename === undefined ? '\r\n\r\n' : '\r\nContent-Type: application/octet-stream\r\n\r\n'),
  ]);
}

export function fileParts(files: FileMap): Part[] {
  return Object.entries(files).map(([filename, content]) => ({ filename, content }));
}

/**
 * A form with one more file of `size` bytes that is made up while it is sent, in pieces of 64 KiB.
 * With a `content-length`, so that no chunked transfer is used.
 */
export function streamedForm(parts: readonly Part[], filename: string, size: number): Form & { stream: Readable } {
  const form = multipart(parts);
  const closing = Buffer.from(`--${form.boundary}--\r\n`);
  const head = Buffer.concat([
    form.body.subarray(0, form.body.length - closing.length),
    partHead(form.boundary, { filename, content: '' }),
  ]);
  const tail = Buffer.concat([Buffer.from('\r\n'), closing]);
  function* pieces() {
    yield head;
    const block = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < size; sent += block.length) {
      block.writeDoubleLE(sent, 0);
      yield Buffer.from(block.subarray(0, Math.min(block.length, size - sent)));
    }
    yield tail;
  }
  return {
    ...form,
    headers: { ...form.headers, 'content-length': String(head.length + size + tail.length) },
    stream: Readable.from(pieces()),
  };
}
