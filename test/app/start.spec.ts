import { execFile } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually';
import { request } from '../support/http';
import { urlsAt } from '../support/pair';
import { Portal } from '../support/portal';
import { freePort } from '../support/ports';
import { CLI, Program } from '../support/program';
import { itUnless, notRoot } from '../support-jobs/conditions';

const run = promisify(execFile);
const packageJson = JSON.parse(readFileSync(resolve(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
  bin: Record<string, string>;
};

class ServerPortal extends Portal {
  constructor(private readonly server: Program) {
    super('example');
  }

  protected get serverUrl(): string {
    return this.server.url;
  }
}

describe('the command line', () => {
  it('is the one bin of the package', () => {
    expect(Object.keys(packageJson.bin)).toEqual(['job-orchestrator']);
    expect(resolve(__dirname, '../..', packageJson.bin['job-orchestrator']!)).toBe(CLI);
  });

  it('--version says the version of the package', async () => {
    expect((await run(process.execPath, [CLI, '--version'])).stdout.trim()).toBe(packageJson.version);
  });

  it('--help names both modes', async () => {
    const { stdout } = await run(process.execPath, [CLI, '--help']);
    expect(stdout).toMatch(/^Usage: job-orchestrator /);
    expect(stdout).toMatch(/^ {2}server /m);
    expect(stdout).toMatch(/^ {2}client /m);
  });

  it('refuses an unknown command', async () => {
    await expect(run(process.execPath, [CLI, 'bogus'])).rejects.toMatchObject({ code: 2 });
  });
});

/** No user of this machine. */
const NAMELESS = 54321;

describe('starting', () => {
  let directory: string;
  const started: Program[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-start-'));
  });

  afterEach(async () => {
    for (const program of started.splice(0)) {
      await program.stop();
    }
    rmSync(directory, { recursive: true });
  });

  async function start(...args: Parameters<typeof Program.start>): Promise<Program> {
    const program = await Program.start(...args);
    started.push(program);
    return program;
  }

  itUnless(notRoot(), 'needs no name for the user, as there may be none in a container', async () => {
    chownSync(directory, NAMELESS, NAMELESS);
    const options = { cwd: directory, uid: NAMELESS };
    const service = { SERVICE_EXAMPLE_BACKEND: 'slurm', SERVICE_EXAMPLE_SLURM_TRANSPORT: 'rest' };
    const { code, log } = await Program.runToEnd('server', service, options);
    expect([code, log]).toEqual([78, expect.stringContaining('SERVICE_EXAMPLE_SLURM_WORKDIR: missing')]);
    const server = await start('server', {}, options);
    const client = await start('client', {}, options);
    expect([server.isRunning, client.isRunning]).toEqual([true, true]);
  });

  it('server and client work side by side in one directory, on one database and one data directory', async () => {
    const port = String(await freePort());
    const urls = urlsAt(`http://127.0.0.1:${port}`);
    const [server] = await Promise.all([
      start(
        'server',
        {
          SERVICE_EXAMPLE_UPLOAD_URL: urls.upload,
          SERVICE_EXAMPLE_DOWNLOAD_URL: urls.download,
          SERVICE_EXAMPLE_TERMINATE_URL: urls.terminate,
        },
        { cwd: directory },
      ),
      start('client', { PORT: port }, { cwd: directory }),
    ]);
    const portal = new ServerPortal(server);
    const id = await portal.submit('echo done > out.txt\n');
    expect((await portal.result(id)).text('out.txt')).toBe('done\n');
  });

  it('a second server on one database is refused, also after the first was killed and started again', async () => {
    const first = await Program.start('server', {}, { cwd: directory });
    const other = { DB_PATH: join(directory, 'db.sqlite'), DATA_PATH: join(directory, 'data') };
    expect(await Program.runToEnd('server', other)).toMatchObject({
      code: 1,
      log: expect.stringContaining('another server already uses') as string,
    });
    await first.kill9();
    await start('server', {}, { cwd: directory });
    expect((await Program.runToEnd('server', other)).code).toBe(1);
  });

  it('an address that is taken is said in one line', async () => {
    const first = await start('client', {}, { cwd: directory });
    const { code, log } = await Program.runToEnd('client', { PORT: String(first.port) });
    expect(code).toBe(1);
    expect(log).toContain(`PORT ${first.port}, HOST 0.0.0.0: another program listens there already`);
  });

  it.each(['server', 'client'] as const)(
    'the %s says in five lines what it is and where everything lies',
    async (role) => {
      const program = await start(role, { HOST: '0.0.0.0' }, { cwd: directory });
      const lines = await eventually(() => {
        const messages = program
          .log()
          .split('\n')
          .flatMap((line) =>
            line.includes('"context":"Start"') ? [JSON.parse(line) as { level: number; msg: string }] : [],
          )
          .filter(({ level }) => level === 30)
          .map(({ msg }) => msg);
        return messages.length >= 5 && messages;
      });
      expect(lines).toEqual([
        expect.stringMatching(
          `^job-orchestrator ${packageJson.version}, ${role} mode.* on http://0\\.0\\.0\\.0:${program.port}$`,
        ),
        `database ${join(directory, 'db.sqlite')}`,
        `data ${join(directory, 'data')}`,
        expect.stringMatching(role === 'server' ? /^services: none$/ : /^jobs at a time: no limit; script filter: on$/),
        `API to try: http://localhost:${program.port}/swagger`,
      ]);
      const page = await request(lines[4]!.replace('API to try: ', ''));
      expect(page.text).toMatch(/swagger/i);
    },
  );

  it('ends with exit code 0 on SIGTERM', async () => {
    const server = await Program.start('server', {}, { cwd: directory });
    expect(await server.stop()).toBe(0);
  });

  it('every line of a request in the log carries its id, and the id of the job that it concerns', async () => {
    const server = await start('server', { LOG_LEVEL: 'debug' }, { cwd: directory });
    await request(`${server.url}/download/17`, { headers: { 'x-request-id': 'portal-4711' } });
    const lines = await eventually(
      () => {
        const found = server
          .log()
          .split('\n')
          .filter((line) => line.includes('portal-4711'));
        return found.length > 0 ? found : null;
      },
      { timeoutMs: 5_000 },
    );
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ requestId: 'portal-4711', jobId: 17 });
    }
  });
});
