import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type LookupFunction,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { Agent, request } from 'undici';
import { TypeScriptChild } from '../../../test/support-units/typescript-child';
import { delay } from '../../common/delay';
import { answerText, faultText, neverReached } from './executor-faults';
import { RedirectError } from './executor-http';

const servers: (Server | TcpServer)[] = [];
let agent: Agent;
beforeEach(() => {
  agent = new Agent({ connect: { timeout: 1_000 } });
});
afterEach(async () => {
  await agent.destroy();
  servers.splice(0).forEach((server) => server.close());
});

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function faultOf(url: string, options: Parameters<typeof request>[1] = {}): Promise<unknown> {
  return request(url, { dispatcher: agent, ...options }).then(
    (answer) => answer.body.text(),
    (error: unknown) => error,
  );
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

describe('a request that never reached an executor', () => {
  it.each(['127.0.0.1', 'localhost'])('was refused by a closed port of %s', async (host) => {
    const error = await faultOf(`http://${host}:${await closedPort()}/`);
    expect([neverReached(error), faultText(error)]).toEqual([true, 'connection refused']);
  });

  it('went to a name that nobody has', async () => {
    const error = await faultOf('http://no-such-host.invalid/');
    expect(neverReached(error)).toBe(true);
    expect(faultText(error)).toMatch(/^host not found/);
  });

  it('found no connection in time', async () => {
    const silent = { connect: { timeout: 1, lookup: () => undefined } };
    const error = await faultOf('http://silent.invalid/', { dispatcher: new Agent(silent) });
    expect([neverReached(error), faultText(error)]).toEqual([true, 'no connection in time']);
  });

  it('tried both addresses of a host: one was silent, the other refused', async () => {
    const { port, close } = await silentPort();
    const addresses = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    const lookup: LookupFunction = (_name, _options, callback) => callback(null, addresses);
    const connect = { lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 50 };
    const both = new Agent({ connect });
    const error = await faultOf(`http://both.invalid:${port}/`, { dispatcher: both });
    await both.destroy();
    await close();
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(neverReached(error)).toBe(true);
  });
});

/** A port of 127.0.0.2 whose queue is full, so that it answers no attempt to connect. */
async function silentPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const sleeper = TypeScriptChild.start(`
    const server = require('node:net').createServer();
    server.listen({ host: '127.0.0.2', port: 0, backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`);
  const port = Number(await sleeper.hear());
  const filling: Socket[] = [];
  let isTaken = true;
  while (isTaken) {
    const socket = connect(port, '127.0.0.2').on('error', () => undefined);
    filling.push(socket);
    isTaken = await Promise.race([once(socket, 'connect').then(() => true), delay(150).then(() => false)]);
  }
  return {
    port,
    close: async () => {
      filling.forEach((socket) => socket.destroy());
      await sleeper.kill();
    },
  };
}

describe('a request that may have reached an executor', () => {
  async function serve(handler: RequestListener): Promise<string> {
    return `http://127.0.0.1:${await listen(createServer(handler))}/`;
  }

  it('was cut before an answer', async () => {
    const error = await faultOf(await serve((incoming) => incoming.socket.destroy()));
    expect([neverReached(error), faultText(error)]).toEqual([false, 'connection cut']);
  });

  it('was reset before an answer', async () => {
    const error = await faultOf(await serve((incoming) => incoming.socket.resetAndDestroy()));
    expect([neverReached(error), faultText(error)]).toEqual([false, 'connection cut']);
  });

  it('got no answer in time', async () => {
    const error = await faultOf(await serve(() => undefined), { headersTimeout: 50 });
    expect([neverReached(error), faultText(error)]).toEqual([false, 'no answer in time']);
  });
});

describe('faultText', () => {
  it('shows where an executor points to, and the text of what it has no words for', () => {
    const redirect = new RedirectError(302, 'http://other/submit');
    expect([faultText(redirect), faultText(new Error('odd')), faultText('odder')]).toEqual([
      redirect.message,
      'odd',
      'odder',
    ]);
  });
});

describe('answerText', () => {
  it.each([
    ['text/html; charset=utf-8', 'executor answered 200 text/html in place of JSON'],
    [undefined, 'executor answered 200 in place of JSON'],
  ])('says what an answer of type %s was', async (type, text) => {
    const port = await listen(
      createServer((_, response) => {
        if (type !== undefined) {
          response.setHeader('content-type', type);
        }
        response.end('x');
      }),
    );
    const answer = await request(`http://127.0.0.1:${port}/`, { dispatcher: agent });
    await answer.body.dump();
    expect(answerText(answer, 'JSON')).toBe(text);
  });
});
