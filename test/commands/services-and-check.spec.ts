import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonOf, runCli } from '../support/cli';
import { Executor } from '../support/executor';
import { Front } from '../support/front';
import { Pair, serviceVariables, urlsAt } from '../support/pair';
import { freePort } from '../support/ports';
import { Program } from '../support/program';
import { RustDatabase } from '../support-storage/rust-database';

const SECRET = 'hunter2-secret-of-16';

interface Checked {
  mode: string;
  ok: boolean;
  findings: { what: string; state: string; text: string }[];
}

describe('services', () => {
  it('lists names, limits, counts and why a service is not reachable', async () => {
    const gone = `http://portal:${SECRET}@127.0.0.1:${await freePort()}`;
    const pair = await Pair.start({ services: { well: { maxRuns: 4, runsPerUser: 2 }, gone: { base: gone } } });
    try {
      const env = { JOB_ORCHESTRATOR_URL: pair.server.url };
      const { code, stdout } = await runCli(['services'], { env });
      expect(code).toBe(0);
      expect(stdout.split('\n')).toEqual([
        'SERVICE  BACKEND  ACTIVE   A USER  WAITING  REACHABLE',
        'gone     native   0 of 10  5       0        no: executor: connection refused',
        'well     native   0 of 4   2       0        yes',
        '',
      ]);
      expect((await runCli(['services', '--names'], { env })).stdout).toBe('gone\nwell\n');
      expect(jsonOf(await runCli(['services', '--json'], { env }))).toEqual((await pair.get('/services')).json());
    } finally {
      await pair.stop();
    }
  });
});

describe('check', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-check-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const check = (env: Record<string, string> = {}, ...args: string[]) =>
    runCli(['check', ...args], { cwd: directory, env });

  it('is content with a configuration that works, and changes nothing', async () => {
    const executor = await Executor.start();
    try {
      const { port } = executor.program;
      const env = serviceVariables({ words: {} }, port);
      const text = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(join(directory, '.env'), text.join(''));
      const { code, stdout } = await check();
      expect(stdout.split('\n')).toEqual([
        'ok  configuration  server mode, 1 service',
        `ok  database       ${directory}/db.sqlite, not there yet, a start makes it`,
        `ok  data           ${directory}/data, not there yet, a start makes it`,
        `ok  service words  http://127.0.0.1:${port}/submit`,
        '',
      ]);
      expect(code).toBe(0);
      expect(readdirSync(directory)).toEqual(['.env']);
    } finally {
      await executor.stop();
    }
  });

  it('reports all faults of the configuration, ends with 78, and shows no secret', async () => {
    const { code, stdout, stderr } = await check({
      SERVICE_WORDS_UPLOAD_URL: `http://portal:${SECRET}@host:x/submit`,
      MAX_AGE: 'long',
      EXECUTOR_TOKEN: `${SECRET} with spaces`,
    });
    expect(code).toBe(78);
    expect(stdout).toMatch(/^FAULT +configuration +SERVICE_WORDS_UPLOAD_URL: /m);
    expect(stdout).toMatch(/^FAULT +configuration +MAX_AGE: "long"/m);
    expect(stdout).toMatch(/^FAULT +configuration +EXECUTOR_TOKEN: /m);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it.each([
    [{ SERVICE_X_BACKEND: 'slurm' }, 'SERVICE_X_SLURM_WORKDIR: missing'],
    [{ BACKEND_MODULES: 'no-such' }, 'BACKEND_MODULES: "no-such"'],
  ])('reports faults of the settings of backends like any other, as the server does: %j', async (env, fault) => {
    const looked = await check(env);
    expect({ code: looked.code, text: looked.stdout }).toEqual({
      code: 78,
      text: expect.stringContaining(fault) as string,
    });
    const server = await Program.runToEnd('server', env, { cwd: directory });
    expect({ code: server.code, text: server.log }).toEqual({
      code: 78,
      text: expect.stringContaining(fault) as string,
    });
    // Nothing was opened, and nothing made.
    expect(readdirSync(directory)).toEqual([]);
  });

  it('names an executor that is away, one that wants another token, and an address that leads past it, and ends with 3', async () => {
    const executor = await Executor.start({ EXECUTOR_TOKEN: SECRET });
    const open = await Executor.start();
    const front = await Front.start({ targetPort: open.program.port, basicAuth: `portal:${SECRET}` });
    try {
      const at = (base: string) => ({ urls: urlsAt(base) });
      const away = await freePort();
      const past = `http://127.0.0.1:${open.program.port}`;
      const services = {
        away: at(`http://127.0.0.1:${away}`),
        closed: at(executor.program.url),
        past: { urls: { ...urlsAt(past), upload: `${past}/sumbit` } },
        well: at(`http://portal:${SECRET}@127.0.0.1:${front.port}`),
      };
      const result = await check(serviceVariables(services, 0), '--json');
      expect(result.code).toBe(3);
      const { findings, ok } = jsonOf<Checked>(result);
      const found = Object.fromEntries(findings.map(({ what, state, text }) => [what, `${state} ${text}`]));
      expect(ok).toBe(false);
      expect(found['service away']).toMatch(
        `fault http://127.0.0.1:${away}/submit: executor: connection refused. Start`,
      );
      expect(found['service away']).toContain('SERVICE_AWAY_UPLOAD_URL');
      expect(found['service closed']).toMatch(/^fault .*answers 401: EXECUTOR_TOKEN must be the same/);
      expect(found['service past']).toMatch(/^fault .*serves no \/sumbit: correct SERVICE_PAST_UPLOAD_URL/);
      expect(found['service well']).toBe(`ok http://127.0.0.1:${front.port}/submit`);
      expect(JSON.stringify(findings)).not.toContain(SECRET);
    } finally {
      await Promise.all([executor.stop(), open.stop(), front.stop()]);
    }
  });

  it('looks at the database without changing it: a damaged one is a fault', async () => {
    writeFileSync(join(directory, 'db.sqlite'), 'no database at all, but long enough to be taken for one'.repeat(20));
    const { code, stdout } = await check();
    expect(code).toBe(3);
    expect(stdout).toMatch(/^FAULT +database .*is not a database, or is damaged/m);
    expect(readdirSync(directory)).toEqual(['db.sqlite']);
  });

  it('sees a database of the Rust program, and leaves it as it is', async () => {
    const { file } = await RustDatabase.create(directory, 'jobs');
    const before = readFileSync(file);
    const findings = jsonOf<Checked>(
      await runCli(['check', '--json'], { env: { DB_PATH: file }, cwd: directory }),
    ).findings;
    expect(findings.find(({ what }) => what === 'database')).toEqual({
      what: 'database',
      state: 'ok',
      text: `${file}, of the Rust program: a start copies it and takes it over`,
    });
    expect(readFileSync(file).equals(before)).toBe(true);
    rmSync(file);
  });

  it('names a data directory that is a file, and one below a file', async () => {
    writeFileSync(join(directory, 'file'), '');
    expect((await check({ DATA_PATH: 'file' })).stdout).toMatch(/^FAULT +data .*file is no directory \(DATA_PATH\)/m);
    expect((await check({ DATA_PATH: 'file/data' })).stdout).toMatch(/^FAULT +data .*file is no directory/m);
  });

  it('--client checks what an executor needs, and warns of nothing that is a server would need', async () => {
    const well = await check({ SERVICE_WORDS_UPLOAD_URL: 'nonsense' }, '--client');
    expect(well).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok +tools +bash, setsid/m) as string });
    const lacking = await check({ PATH: directory }, '--client');
    expect(lacking).toMatchObject({ code: 3, stdout: expect.stringMatching(/^FAULT +tools +bash, setsid/m) as string });
    expect((await check({ KILL_GRACE: '99' }, '--client')).code).toBe(78);
  });

  it('beside a running server is content with its database', async () => {
    const pair = await Pair.start();
    try {
      const home = join(pair.root, 'server');
      const env = { DB_PATH: join(home, 'db.sqlite'), DATA_PATH: pair.serverData };
      const { stdout } = await check({ ...env, ...serviceVariables({ example: {} }, pair.clientPort) });
      expect(stdout).toMatch(/^ok +database .*up to date$/m);
      expect(existsSync(join(home, 'db.sqlite'))).toBe(true);
      await pair.result(await pair.submit('true\n'));
    } finally {
      await pair.stop();
    }
  });
});
