import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { eventually } from '../../../test/support/eventually';
import { messageOf } from '../errors';
import { answerEarly } from './early-answer';
import { BadJsonError, readJsonBody } from './read-json-body';

const MAX_BYTES = 100;

let server: Server;
let port: number;
let thrown: unknown;

beforeAll(async () => {
  server = createServer((request, response) => {
    readJsonBody(request, MAX_BYTES).then(
      (value) => response.end(JSON.stringify(value)),
      (error: unknown) => {
        thrown = error;
        return answerEarly(request, response, 400, {}, messageOf(error));
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  thrown = undefined;
});

async function post(body: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
}

describe('readJsonBody', () => {
  it.each(['[1,2]', '{"a":"ü"}', 'null', `"${'x'.repeat(MAX_BYTES - 2)}"`])('reads %s', async (body) => {
    expect(await post(body)).toEqual({ status: 200, text: body });
  });

  it.each(['', '{', 'undefined', '[1,2'])('says that %j is not JSON', async (body) => {
    expect(await post(body)).toEqual({ status: 400, text: 'the body is not JSON' });
    expect(thrown).toBeInstanceOf(BadJsonError);
  });

  it('answers a body that is too long, also where the client reads only after it has sent everything', async () => {
    const text = 'the body is longer than 100 bytes';
    expect(await post('1'.repeat(MAX_BYTES + 1))).toEqual({ status: 400, text });
    const socket = connect(port, '127.0.0.1');
    const length = 3_000_000;
    socket.write(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${length}\r\n\r\n`);
    for (let sent = 0; sent < length; sent += 100_000) {
      if (!socket.write('1'.repeat(100_000))) {
        await once(socket, 'drain');
      }
    }
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
    await eventually(() => answer.includes(text), { lastSeen: () => answer });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    socket.destroy();
  });

  it('rejects when the client goes away in the middle', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 50\r\n\r\n[1,');
    await once(socket, 'connect');
    await eventually(
      async () => (await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))) > 0,
    );
    socket.destroy();
    await eventually(() => thrown);
    expect(messageOf(thrown)).toMatch(/aborted/);
  });
});
