import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itUnless, portTaken } from '../support-jobs/conditions';
import { request } from '../support/http';
import { serviceVariables } from '../support/pair';
import { freePort } from '../support/ports';
import { Program, type Role } from '../support/program';

/** EX_CONFIG of sysexits: a supervisor can tell it from a crash, and needn't restart. */
const EX_CONFIG = 78;

const DEFAULT_PORTS: Record<Role, number> = { server: 5000, client: 9000 };

const NUMBERS: Record<Role, string[]> = {
  server: [
    'SERVICE_EXAMPLE_MAX_RUNS',
    'SERVICE_EXAMPLE_RUNS_PER_USER',
    'MAX_AGE',
    'PORT',
    'MAX_UPLOAD_BYTES',
    'MAX_UPLOAD_FILES',
    'EXECUTOR_LOST_AFTER',
  ],
  client: ['MAX_AGE', 'PORT', 'KILL_GRACE', 'JOB_LOG_LIMIT', 'MAX_CONCURRENT'],
};

describe('numbers in the environment', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'orchestrator-config-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const environment = (role: Role): Record<string, string> => ({
    DB_PATH: join(home, 'db.sqlite'),
    DATA_PATH: join(home, 'data'),
    ...(role === 'server' ? serviceVariables({ example: {} }, 9) : {}),
  });
  const allSetTo = (role: Role, value: string) => Object.fromEntries(NUMBERS[role].map((name) => [name, value]));

  const roles: Role[] = ['server', 'client'];
  const combinations = roles.flatMap((role) =>
    ['abc', '1e3', '-1', '5.5'].map((value): [Role, string] => [role, value]),
  );

  /** Fails unless each variable has one line in the report, and its value is in that line. */
  function expectReported(log: string, values: Record<string, string>): void {
    const lines = log.split('\n');
    for (const [name, value] of Object.entries(values)) {
      const report = lines.filter((line) => new RegExp(`\\b${name}\\b`).test(line));
      expect({ name, report }).toEqual({ name, report: [expect.stringContaining(value)] });
    }
  }

  it.each(combinations)('case 73: the %s refuses %j for every number, in one report', async (role, value) => {
    const values = allSetTo(role, value);
    const { code, log } = await Program.runToEnd(role, { ...environment(role), ...values });
    expect(code).toBe(EX_CONFIG);
    expectReported(log, values);
    expect(log).not.toMatch(/\n\s+at /);
    expect([existsSync(join(home, 'db.sqlite')), existsSync(join(home, 'data'))]).toEqual([false, false]);
  });

  it('case 73: other spellings of numbers, and numbers that would leave nothing to run, are refused as well', async () => {
    const values = {
      SERVICE_EXAMPLE_MAX_RUNS: '0',
      SERVICE_EXAMPLE_RUNS_PER_USER: 'Infinity',
      MAX_AGE: '0x10',
      PORT: '65536',
      MAX_UPLOAD_BYTES: '1 000',
      MAX_UPLOAD_FILES: '0',
      EXECUTOR_LOST_AFTER: '99999999999999999999',
    };
    const { code, log } = await Program.runToEnd('server', { ...environment('server'), ...values });
    expect(code).toBe(EX_CONFIG);
    expectReported(log, values);
  });

  it.each<[Role, string]>([
    ['server', 'SERVICE_EXAMPLE_MAX_RUNS'],
    ['server', 'PORT'],
    ['client', 'MAX_AGE'],
    ['client', 'KILL_GRACE'],
  ])('case 73: for the %s a lone faulty %s is reason enough not to start, said in one line', async (role, name) => {
    const { code, log } = await Program.runToEnd(role, { ...environment(role), [name]: 'abc' });
    expect(code).toBe(EX_CONFIG);
    expect(log.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`${name}.*abc`))]);
  });

  it('case 73: an empty number means the default', async () => {
    const empty = { ...allSetTo('server', ''), PORT: String(await freePort()) };
    const server = await Program.start('server', { ...environment('server'), ...empty });
    try {
      const services = (await request(`${server.url}/services`)).text;
      expect(services).toMatch(/\b10\b/); // SERVICE_*_MAX_RUNS
      expect(services).toMatch(/\b5\b/); // SERVICE_*_RUNS_PER_USER
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });

  for (const [role, port] of Object.entries(DEFAULT_PORTS) as [Role, number][]) {
    itUnless(portTaken(port), `case 73: an empty PORT of the ${role} means ${port}`, async () => {
      const program = await Program.start(role, { ...environment(role), ...allSetTo(role, '') });
      try {
        expect((await request(`http://127.0.0.1:${port}/`)).json()).toEqual({ message: 'pong' });
      } finally {
        expect(await program.stop()).toBe(0);
      }
    });
  }

  it('case 73: faults of different kinds are in one report', async () => {
    const { code, log } = await Program.runToEnd('server', {
      ...environment('server'),
      MAX_AGE: 'soon',
      SERVICE_EXAMPLE_MAX_RUNS: '5.5',
      SERVICE_EXAMPLE_UPLOAD_URL: 'ftp://somewhere/submit',
      SERVICE_OTHER_UPLOAD_URL: 'http://127.0.0.1:9/submit',
      HOST: 'not a host',
    });
    expect(code).toBe(EX_CONFIG);
    for (const name of ['MAX_AGE', 'SERVICE_EXAMPLE_MAX_RUNS', 'SERVICE_EXAMPLE_UPLOAD_URL', 'HOST']) {
      expect(log).toMatch(new RegExp(`^.*\\b${name}\\b.*$`, 'm'));
    }
    expect(log).toContain('SERVICE_OTHER_DOWNLOAD_URL');
    expect(log).toContain('SERVICE_OTHER_TERMINATE_URL');
  });
});
