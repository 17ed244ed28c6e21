import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CliResult, jsonOf, runCli, RunningCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { freePort } from '../support/ports';
import { CLI } from '../support/program';
import { script } from '../support/script';

const execute = promisify(execFile);
const PASSWORD = 'hunter2-secret';

describe('commands, when the server is not as it should be', () => {
  let directory: string;
  let server: Server | null = null;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-cli-'));
    writeFileSync(join(directory, 'run.sh'), script('true'));
  });
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
    server = null;
    rmSync(directory, { recursive: true });
  });

  /** A server that answers as it is told to; its address. */
  async function serve(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const run = (args: string[], url: string): Promise<CliResult> =>
    runCli([...args, '--server', url], { cwd: directory });
  const submit = (url: string) => run(['submit', 'run.sh', '-s', 'example', '-u', '1'], url);

  it('say where they looked for it and what to do, and end with 3', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    for (const args of [['status', '1'], ['wait', '1'], ['download', '1'], ['terminate', '1'], ['services']]) {
      const { code, stderr } = await run(args, url);
      expect({ code, stderr }).toMatchObject({
        code: 3,
        stderr: expect.stringContaining(`${url} can't be reached: connection refused`) as string,
      });
      expect(stderr).toMatch(/Is the server running.*--server URL, or JOB_ORCHESTRATOR_URL/);
    }
    expect((await submit(url)).code).toBe(3);
    expect(readdirSync(directory)).toEqual(['run.sh']);
  });

  it('refuse more than they would use, with 2, and do none of it', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    for (const args of [['status'], ['wait'], ['download'], ['terminate']]) {
      const { code, stderr } = await run([...args, '7', '8'], url);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('too many arguments') as string });
    }
  });

  it('say that an address of http is not one of https', async () => {
    const url = await serve((_request, response) => response.end());
    const { code, stderr } = await run(['status', '1'], url.replace('http:', 'https:'));
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/is its address http:\/\//) as string,
    });
  });

  it('never show the password in its address', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    for (const url of [`http://portal:${PASSWORD}@${address}`, `ftp://portal:${PASSWORD}@${address}`]) {
      const { code, stdout, stderr } = await run(['status', '1', '--json'], url);
      expect(code).toBeGreaterThan(1);
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
  });

  it('send the password in its address, to its path, as Basic authentication', async () => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"id":0,"status":"Unknown","message":"no"}');
    });
    expect((await run(['status', '7'], `${url.replace('//', `//portal:${PASSWORD}@`)}/prefix/`)).code).toBe(4);
    const basic = `Basic ${Buffer.from(`portal:${PASSWORD}`).toString('base64')}`;
    expect(seen).toEqual([
      ['/prefix/jobs/7', basic],
      ['/prefix/download/7', basic],
    ]);
  });

  it('tell a web page, a redirect and a proxy that asks for a password from a server', async () => {
    const answers: [number, Record<string, string>, RegExp, number][] = [
      [200, { 'content-type': 'text/html' }, /answered 200 text\/html.*is the address right/, 3],
      [
        301,
        { location: 'https://other.example/jobs/1?token=x' },
        /points to https:\/\/other\.example\/jobs\/1: use that address/,
        3,
      ],
      [401, {}, /answered 401.*http:\/\/user:password@host/, 6],
      [502, { 'content-type': 'text/html' }, /answered 502.*is the server behind it running/, 3],
    ];
    for (const [status, headers, text, code] of answers) {
      const url = await serve((_request, response) => response.writeHead(status, headers).end('<h1>?</h1>'));
      const result = await run(['status', '1'], url);
      expect(result).toMatchObject({ code, stderr: expect.stringMatching(text) as string });
      server?.close();
    }
  });

  it('do not let a text of the server steer the terminal', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 1, status: 'Failed', message: 'a\u001b[2Jb' }));
    });
    expect((await run(['status', '1'], url)).stdout).toContain('job 1: Failed, a?[2Jb');
  });

  it('submit names the key to repeat with when no answer came to an upload', async () => {
    const url = await serve((request) => {
      request.resume();
      request.on('end', () => request.socket.destroy());
    });
    const { code, stderr } = await submit(url);
    expect(code).toBe(3);
    expect(stderr).toMatch(/connection cut.*may have taken the job.*--key [0-9a-f-]{36}/);
  });

  it('submit reads a refusal that comes early, and sends no more then', async () => {
    writeFileSync(join(directory, 'big'), '');
    truncateSync(join(directory, 'big'), 1_000_000_000);
    let received = 0;
    // A server that answers at once, and would read on to the end.
    const body = '{"id":0,"status":"Unknown","message":"the form is too large"}';
    const reader = createTcpServer((socket) => {
      socket.once('data', () => {
        socket.write(
          `HTTP/1.1 413 x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
      });
      socket.on('data', (piece: Buffer) => (received += piece.length));
      socket.on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(reader, 'listening');
    const url = `http://127.0.0.1:${(reader.address() as AddressInfo).port}`;
    const args = ['submit', 'run.sh', 'big', '-s', 'example', '-u', '1'];
    expect(await run(args, url)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('the form is too large') as string,
    });
    reader.close();
    expect(received).toBeLessThan(500_000_000);
  });

  describe('download leaves nothing behind, and ends with', () => {
    const zipHead = { 'content-type': 'application/zip' };

    it('3 when the connection is cut in the middle', async () => {
      const url = await serve((_request, response) => {
        response.writeHead(200, { ...zipHead, 'content-length': '1000' }).write(Buffer.alloc(500));
        setImmediate(() => response.destroy());
      });
      const { code, stderr } = await run(['download', '1'], url);
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringMatching(/no whole answer/) as string });
      expect(readdirSync(directory)).toEqual(['run.sh']);
    });

    it('7 when what came is no whole archive', async () => {
      const url = await serve((_request, response) => response.writeHead(200, zipHead).end(Buffer.alloc(500)));
      const { code, stderr } = await run(['download', '1'], url);
      expect({ code, stderr }).toMatchObject({ code: 7, stderr: expect.stringMatching(/not a whole zip/) as string });
      expect(readdirSync(directory)).toEqual(['run.sh']);
    });

    it('7 when the disk takes no more', async () => {
      const url = await serve((_request, response) => response.writeHead(200, zipHead).end(Buffer.alloc(3_000_000)));
      const command = `ulimit -f 1000; exec '${process.execPath}' '${CLI}' download 1 --server ${url}`;
      const failed = await execute('bash', ['-c', command], { cwd: directory }).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 7, stderr: expect.stringMatching(/could not be saved: EFBIG/) as string });
      expect(readdirSync(directory)).toEqual(['run.sh']);
    });

    it('130 on Ctrl-C', async () => {
      const url = await serve((_request, response) => {
        response.writeHead(200, { ...zipHead, 'content-length': '1000' }).write(Buffer.alloc(500));
      });
      const running = RunningCli.start(['download', '1', '--server', url], { cwd: directory });
      await once(server!, 'request');
      running.interrupt();
      expect(await running.result()).toMatchObject({
        code: 130,
        stderr: expect.stringMatching(/nothing was saved/) as string,
      });
      expect(readdirSync(directory)).toEqual(['run.sh']);
    });
  });

  it('wait goes on when the server is away for a while, and says so once', async () => {
    const pair = await Pair.start({ server: { LOG_LEVEL: 'debug' } });
    try {
      const { id, release } = await heldJob(pair);
      const waiting = RunningCli.start(['wait', String(id), '--json', '--server', pair.server.url]);
      await eventually(() => pair.server.log().includes(`/download/${id}`));
      await pair.server.kill9();
      await waiting.says(/Asking on/);
      await pair.restartServer();
      release();
      const result = await waiting.result();
      expect(result.code).toBe(0);
      expect(jsonOf(result)).toMatchObject({ id, status: 'Completed' });
      expect(result.stderr.match(/Asking on/g)).toHaveLength(1);
    } finally {
      await pair.stop();
    }
  });
});
