import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The routes of the Rust program's client; it answers anything else with an empty 404. */
const ROUTES = [/^POST \/submit$/, /^GET \/retrieve(_partial)?\/\d+$/, /^POST \/kill\/\d+$/, /^GET \/(load|health)?$/];
/** What it doesn't know, it doesn't see. */
const UNKNOWN_HEADERS = 'x-job-';
const PAYLOAD_KEYS = ['id', 'input', 'status', 'loc', 'pid', 'killed'];

/**
 * Makes an executor of ours one that speaks the original contract and nothing more: the routes, headers and keys that
 * came later don't get through, in either direction. Jobs run in the real program behind.
 */
export class OriginalFront {
  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {}

  static async start(targetPort: number): Promise<OriginalFront> {
    const server = createServer();
    const front = new OriginalFront(server, targetPort);
    server.on('request', (incoming, outgoing) => front.pass(incoming, outgoing));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url: path = '' } = incoming;
    if (!ROUTES.some((route) => route.test(`${method} ${path}`))) {
      incoming.resume();
      outgoing.writeHead(404).end();
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !name.startsWith(UNKNOWN_HEADERS)),
    );
    const onward = request({ port: this.targetPort, host: '127.0.0.1', method, path, headers, agent: false });
    onward.on('response', (answer) => {
      if (!(answer.headers['content-type'] ?? '').startsWith('application/json')) {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
        return;
      }
      void reduced(answer, path).then(
        (text) => outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' }).end(text),
        () => outgoing.destroy(),
      );
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}

/** The answer's JSON with those keys only that the original has. */
async function reduced(answer: IncomingMessage, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (path === '/health') {
    return JSON.stringify({ status: 'ok', database: 'ok' });
  }
  if (typeof value !== 'object' || value === null || !('status' in value)) {
    return JSON.stringify(value);
  }
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([key]) => PAYLOAD_KEYS.includes(key))));
}
