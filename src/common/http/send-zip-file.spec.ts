import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { eventually } from '../../../test/support/eventually';
import { messageOf } from '../errors';
import { sendZipFile } from './send-zip-file';

const SIZE = 20_000_000;
const CONTENT = Buffer.alloc(SIZE, 'some of it, again and again. ');

let directory: string;
let path: string;
let server: Server;
let port: number;
let outcomes: string[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'send-zip-'));
  path = join(directory, 'results.zip');
  writeFileSync(path, CONTENT);
  const app = express();
  app.get('/', (request, response) => {
    const name = request.query.file === undefined ? path : join(directory, 'missing');
    sendZipFile(name, 'job-7.zip', request, response).then(
      () => outcomes.push('done'),
      (error: unknown) => {
        outcomes.push(messageOf(error));
        response.status(500).end();
      },
    );
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  outcomes = [];
});
afterEach(() => eventually(() => openFiles() === 0, { timeoutMs: 1_000 }));

/** How often this process has the file open. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

/** How the sending ended, which may be a moment after the client has everything. */
function outcome(): Promise<string> {
  return eventually(() => outcomes[0]);
}

function fetchIt(query = '', method = 'GET'): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/${query}`, { method });
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('sendZipFile', () => {
  it('sends the file whole, with its type, without a charset, and its length', async () => {
    const answer = await fetchIt();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(answer.headers.get('content-length')).toBe(String(SIZE));
    expect(digest(Buffer.from(await answer.arrayBuffer()))).toBe(digest(CONTENT));
    expect(await outcome()).toBe('done');
  });

  it('answers HEAD with the same head and nothing else', async () => {
    const answer = await fetchIt('', 'HEAD');
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(answer.headers.get('content-length')).toBe(String(SIZE));
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
    expect(await outcome()).toBe('done');
  });

  it('finds nothing wrong with a client that goes away in the middle, and closes the file', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    await once(socket, 'data');
    expect(openFiles()).toBe(1);
    socket.destroy();
    expect(await outcome()).toBe('done');
  });

  it('rejects before a byte is sent where there is no file', async () => {
    const answer = await fetchIt('?file=missing');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([500, null]);
    expect(await outcome()).toContain('ENOENT');
  });
});
