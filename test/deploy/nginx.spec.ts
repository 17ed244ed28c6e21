import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCli } from '../support/cli';
import { Nginx, noNginx } from '../support/nginx';
import { Pair, urlsAt } from '../support/pair';
import { freePort } from '../support/ports';

const run = promisify(execFile);
const MIB = 1024 * 1024;

/** What MAX_UPLOAD_BYTES is where nobody sets it. */
const LIMIT = 400 * MIB;

const obstacle = noNginx();
const describeUnless = obstacle === undefined ? describe : describe.skip;
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describeUnless(`the server behind nginx${reason}`, () => {
  let pair: Pair;
  let nginx: Nginx;
  beforeAll(async () => {
    pair = await Pair.start({ services: { example: {} } });
    nginx = await Nginx.start('job-orchestrator.conf', 443, ['127.0.0.1:5000', `127.0.0.1:${pair.serverPort}`]);
  });
  afterAll(async () => {
    await nginx.stop();
    await pair.stop();
  });

  /** What curl gets: status, content type and body, over TLS, with the portal's password. */
  async function curl(path: string, ...args: string[]) {
    const url = `https://localhost:${nginx.port}${path}`;
    const format = '\n%{http_code}\t%{content_type}';
    const all = ['-s', '--cacert', nginx.certificate, '-u', 'portal:secret', '-w', format, ...args, url];
    const { stdout } = await run('curl', all, { encoding: 'latin1', maxBuffer: 64 * MIB });
    const at = stdout.lastIndexOf('\n');
    const [status, type] = stdout.slice(at + 1).split('\t');
    return { status: Number(status), type, body: stdout.slice(0, at) };
  }

  function form(name: string, script: string, bytes: number): string[] {
    const directory = join(pair.shared, name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'run.sh'), script);
    writeFileSync(join(directory, 'data'), '');
    truncateSync(join(directory, 'data'), bytes);
    const files = ['run.sh', 'data'].flatMap((file) => ['-F', `file=@${join(directory, file)}`]);
    return ['-F', 'user_id=1', '-F', 'service=example', ...files];
  }

  it('takes and gives large files, which never lie on its own disk', async () => {
    const sent = await curl('/upload', ...form('large', 'true', LIMIT - MIB));
    expect(sent.status).toBe(201);
    const { id } = JSON.parse(sent.body) as { id: number };
    await pair.waitFor(id, 'Completed');
    expect(await curl(`/download/${id}`)).toMatchObject({ status: 200, type: 'application/zip' });
    expect(readdirSync(join(nginx.directory, 'client_body'))).toEqual([]);
    expect(readdirSync(join(nginx.directory, 'proxy'))).toEqual([]);
  });

  it("leaves the refusal of what is too large to the server, whose answer is a portal's JSON", async () => {
    const answer = await curl('/upload', ...form('too-large', 'true', LIMIT + MIB));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      413,
      { id: 0, status: 'Unknown', message: expect.stringMatching(/limit is 419430400 bytes/) as string },
    ]);
  });

  it('passes on the end of a job to a portal that waits for it', async () => {
    const { body } = await curl('/upload', ...form('waited', 'sleep 2', 1));
    const { id } = JSON.parse(body) as { id: number };
    // Begins to wait in every state that it passes; the last answer is the result.
    const answers = [await curl(`/download/${id}?wait=60`)];
    while (answers.at(-1)?.type !== 'application/zip' && answers.length < 6) {
      answers.push(await curl(`/download/${id}?wait=60`));
    }
    expect(answers.at(-1)).toMatchObject({ status: 200, type: 'application/zip' });
  });

  it('wants a password, but for /health', async () => {
    expect((await curl('/services', '-u', 'portal:wrong')).status).toBe(401);
    expect((await curl('/health', '-u', 'portal:wrong')).status).toBe(200);
    expect((await curl('/services')).status).toBe(200);
  });

  it('serves the command line', async () => {
    const { code, stdout } = await runCli(['services', '--names'], {
      env: {
        JOB_ORCHESTRATOR_URL: `https://portal:secret@localhost:${nginx.port}`,
        NODE_EXTRA_CA_CERTS: nginx.certificate,
      },
    });
    expect([code, stdout]).toEqual([0, 'example\n']);
  });
});

describeUnless(`an executor behind nginx${reason}`, () => {
  it('is reached over TLS, token, pushed ends and all', async () => {
    const clientPort = await freePort();
    const nginx = await Nginx.start('executor.conf', 9443, ['127.0.0.1:9000', `127.0.0.1:${clientPort}`]);
    const secret = { EXECUTOR_TOKEN: '0123456789abcdef0123456789abcdef' };
    const pair = await Pair.start({
      services: { example: { urls: urlsAt(`https://localhost:${nginx.port}`) } },
      server: { ...secret, NODE_EXTRA_CA_CERTS: nginx.certificate },
      client: { ...secret, PORT: String(clientPort) },
    });
    try {
      const begun = Date.now();
      const id = await pair.submit('echo here > out\n');
      expect((await pair.result(id)).text('out')).toBe('here\n');
      // Without the push it would be polled after 15 s.
      expect(Date.now() - begun).toBeLessThan(10_000);
      const asleep = await pair.submit('sleep 300\n');
      await pair.waitFor(asleep, 'Running');
      expect((await pair.terminate(asleep)).status).toBe(200);
    } finally {
      await pair.stop();
      await nginx.stop();
    }
  });
});
