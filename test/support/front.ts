import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface FrontOptions {
  targetPort: number;
  /** Path that every request must begin with; it is cut off. */
  prefix?: string;
  /** Query that every request must end in, question mark included; it is cut off. */
  query?: string;
  /** `user:password` that every request must carry. */
  basicAuth?: string;
}

/** A small reverse proxy as sites put them before an executor: picky about path, query and password. */
export class Front {
  /** Every request line so far, as in `GET /prefix/retrieve/1`. */
  readonly seen: string[] = [];
  /** When each of them came, in milliseconds since 1970. */
  readonly seenAt: number[] = [];
  /** Every answer so far that this proxy gave itself, in place of the executor. */
  readonly refused: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly options: FrontOptions,
  ) {}

  static async start(options: FrontOptions): Promise<Front> {
    const server = createServer();
    const front = new Front(server, options);
    server.on('request', (incoming, outgoing) => front.pass(incoming, outgoing));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const line = `${incoming.method ?? ''} ${incoming.url ?? ''}`;
    this.seen.push(line);
    this.seenAt.push(Date.now());
    const path = this.targetPath(incoming.url ?? '');
    const status = this.isAllowed(incoming) ? (path === undefined ? 404 : 200) : 401;
    if (path === undefined || status !== 200) {
      this.refused.push(`${status} ${line}`);
      outgoing.writeHead(status, { 'content-type': 'text/html', connection: 'close' }).end('<h1>front</h1>');
      incoming.resume();
      return;
    }
    const { method, headers } = incoming;
    const onward = request({ port: this.options.targetPort, host: '127.0.0.1', method, path, headers, agent: false });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  private targetPath(url: string): string | undefined {
    const { prefix = '', query = '' } = this.options;
    const isMeant = url.startsWith(`${prefix}/`) && url.endsWith(query);
    return isMeant ? url.slice(prefix.length, url.length - query.length) : undefined;
  }

  private isAllowed(incoming: IncomingMessage): boolean {
    const { basicAuth } = this.options;
    return (
      basicAuth === undefined || incoming.headers.authorization === `Basic ${Buffer.from(basicAuth).toString('base64')}`
    );
  }
}
