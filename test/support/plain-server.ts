import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A front of a server that leaves nothing of it but what the Rust program's server has: no `/jobs`, no `/services`, no
 * waiting, an empty body for a path that nobody serves.
 */
export class PlainServer {
  /** Requests so far: `GET /download/1`. */
  readonly seen: string[] = [];
  /** When each came, on the clock of `performance.now()`. */
  readonly times: number[] = [];

  private constructor(private readonly server: Server) {}

  static async start(targetUrl: string): Promise<PlainServer> {
    const server = createServer();
    const plain = new PlainServer(server);
    server.on('request', (incoming, outgoing) => {
      const path = (incoming.url ?? '').split('?')[0] ?? '';
      plain.times.push(performance.now());
      plain.seen.push(`${incoming.method ?? ''} ${path}`);
      if (/^\/(jobs|services)/.test(path)) {
        incoming.resume();
        outgoing.writeHead(404).end();
        return;
      }
      const { method, headers } = incoming;
      const onward = request(targetUrl + path, { method, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      outgoing.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return plain;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
