import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A front that answers every request with a redirect to the executor. */
export class RedirectingFront {
  /** Where it points to; set later than the start, as the executor's port is known later. */
  target = '';
  /** Request lines so far. */
  readonly seen: string[] = [];

  private constructor(
    private readonly server: Server,
    /** 301, 302, 307 or 308; 0: every request is refused with 503. */
    public status: number,
  ) {}

  static async start(status: number): Promise<RedirectingFront> {
    const server = createServer();
    const front = new RedirectingFront(server, status);
    server.on('request', (request, response) => {
      front.seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      request.resume();
      request.on('end', () => response.writeHead(front.status, { location: front.target + (request.url ?? '') }).end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
