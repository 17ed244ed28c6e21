import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { eventually } from '../../../test/support/eventually';
import { answerEarly, type DrainLimits } from './early-answer';

const MIB = 1024 * 1024;
let limits: DrainLimits | undefined;
let answered = 0;
const server: Server = createServer((request, response) => {
  void (async () => {
    if (request.url === '/read') {
      await once(request.resume(), 'end');
    } else if (request.url === '/late') {
      await eventually(() => request.complete, { intervalMs: 1 });
    }
    const body = request.url === '/empty' ? '' : 'no, thank you';
    await answerEarly(request, response, 413, { 'Content-Type': 'text/plain' }, body, limits);
    answered++;
  })();
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  limits = undefined;
  answered = 0;
});

function open(): Socket {
  return connect((server.address() as AddressInfo).port, '127.0.0.1');
}

const head = (length: number, path = '/') => `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n\r\n`;

async function sendAll(socket: Socket, length: number): Promise<void> {
  const block = Buffer.alloc(MIB);
  for (let sent = 0; sent < length; sent += block.length) {
    await new Promise<void>((resolve, reject) => {
      socket.write(block, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Everything that comes until the peer closes. Rejects on a reset. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  for await (const chunk of socket) {
    text += chunk as string;
  }
  return text;
}

describe('an answer given before the end of a request', () => {
  it.each(['/', '/empty'])('reaches a client that sends 50 MB first and reads only then (%s)', async (path) => {
    const socket = open();
    socket.write(head(50 * MIB, path));
    await sendAll(socket, 50 * MIB);
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*\r\nContent-Type: text\/plain\r\nContent-Length: (13|0)\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    expect(answer.endsWith(path === '/' ? '\r\n\r\nno, thank you' : '\r\n\r\n')).toBe(true);
    expect(answered).toBe(1);
  });

  it('is there at once for a client that reads while it sends', async () => {
    const socket = open();
    socket.write(head(50 * MIB));
    const [first] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data: Buffer) => resolve([data])));
    expect(first.toString()).toContain('HTTP/1.1 413');
    expect(answered).toBe(0);
    socket.destroy();
    await eventually(() => answered === 1);
  });

  it('closes the connection of a client that sends for ever, by the limit of bytes', async () => {
    limits = { maxDrainBytes: 8 * MIB };
    const socket = open();
    socket.write(head(2 ** 40));
    socket.on('error', () => undefined);
    await expect(sendAll(socket, 2 ** 40)).rejects.toThrow(); // EPIPE, ECONNRESET or ECANCELED
    await eventually(() => answered === 1);
    expect(socket.bytesWritten).toBeLessThan(64 * MIB);
  });

  it('closes the connection of a client that sends nothing more, by the limit of time', async () => {
    limits = { maxDrainMs: 100 };
    const socket = open();
    socket.write(head(100));
    expect(await readAll(socket)).toContain('no, thank you');
    expect(answered).toBe(1);
  });

  it('ends when the client goes away', async () => {
    const socket = open();
    socket.write(head(50 * MIB), () => socket.destroy());
    await eventually(() => answered === 1);
  });
});

describe('an answer to a request that has come to its end', () => {
  it.each(['/read', '/late'])('keeps the connection (%s)', async (path) => {
    const socket = open();
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    for (let round = 1; round <= 2; round++) {
      socket.write(`${head(4, path)}body`);
      await eventually(() => text.split('no, thank you').length - 1 === round, { lastSeen: () => text });
    }
    expect(text).not.toContain('Connection: close');
    socket.destroy();
  });
});
