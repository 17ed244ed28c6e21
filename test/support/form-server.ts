import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerEarly } from '../../src/common/http/early-answer';
import { receiveForm, type ReceivedForm, type ReceiveOptions } from '../../src/common/multipart/receive-form';
import { eventually } from './eventually';

export const BOUNDARY = '----boundary7MA4YWxkTrZu0gW';

/** What became of one request. */
export type Outcome = { form: ReceivedForm; directory: string } | { error: unknown; directory: string };

/** A real HTTP server that receives forms, each into a directory of its own, and removes those that it refused. */
export class FormServer {
  readonly root = mkdtempSync(join(tmpdir(), 'form-server-'));
  readonly outcomes: Outcome[] = [];
  options: Omit<ReceiveOptions, 'directory'> = {
    limits: { maxBytes: null, maxFiles: null, maxFieldBytes: 1024 },
    reservedNames: ['.reserved'],
    durable: false,
  };
  private readonly server: Server;
  /** Of the last request that began. */
  lastDirectory = '';
  private count = 0;

  constructor() {
    this.server = createServer((request, response) => {
      void (async () => {
        const directory = join(this.root, String(this.count++));
        this.lastDirectory = directory;
        await mkdir(directory);
        try {
          const form = await receiveForm(request, { ...this.options, directory });
          this.outcomes.push({ form, directory });
          response.end('received');
        } catch (error) {
          await rm(directory, { recursive: true, force: true });
          this.outcomes.push({ error, directory });
          await answerEarly(request, response, 400, {}, String(error));
        }
      })();
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.root, { recursive: true });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  connect(): Socket {
    return connect(this.port, '127.0.0.1').on('error', () => undefined);
  }

  /** Sends one request as given, and returns what became of it. */
  async send(...raw: (string | Buffer)[]): Promise<Outcome> {
    const before = this.outcomes.length;
    const socket = this.connect();
    for (const part of raw) {
      socket.write(part);
    }
    socket.resume();
    try {
      await eventually(() => this.outcomes.length > before, { intervalMs: 1, lastSeen: () => 'no outcome' });
    } finally {
      socket.destroy();
    }
    return this.outcomes[before]!;
  }

  /** Descriptors of this process that lie in the server's directory, or are sockets. */
  openDescriptors(): string[] {
    return readdirSync('/proc/self/fd').flatMap((name) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${name}`);
        return target.startsWith(this.root) || target.startsWith('socket:') ? [target] : [];
      } catch {
        return []; // the descriptor of the listing itself
      }
    });
  }
}

/** A part of a form; a file if it has a filename, which is put in quotes as it is. */
export interface Part {
  readonly name?: string;
  readonly filename?: string;
  readonly content: string | Buffer;
}

export function formBody(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name = 'part', filename, content }) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
        `${filename === undefined ? '' : `; filename="${filename}"`}\r\n\r\n`,
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** The head of a request; `length` 'chunked' for a body without a known length. */
export function formHead(
  length: number | 'chunked',
  contentType = `multipart/form-data; boundary=${BOUNDARY}`,
): string {
  const framing = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  const type = contentType === '' ? '' : `Content-Type: ${contentType}\r\n`;
  return `POST / HTTP/1.1\r\nHost: test\r\n${type}${framing}\r\n\r\n`;
}

/** One piece of a chunked body. */
export function httpChunk(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}
