import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../support/cli';
import { freePort } from '../support/ports';

/** Packages that a server needs and that take a quarter of a second to load. */
const HEAVY = ['typeorm', 'express', 'sqlite3', 'undici', 'yauzl', 'pino', 'swagger-ui-dist'];

describe('starting a command', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-start-up-'));
    writeFileSync(
      join(directory, 'report.js'),
      `process.on('exit', () => process.stderr.write('LOADED ' + JSON.stringify(Object.keys(require.cache)) + '\\n'));`,
    );
    writeFileSync(join(directory, 'run.sh'), 'true\n');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  async function loadedBy(args: string[]): Promise<string[]> {
    const env = { NODE_OPTIONS: `--require ${join(directory, 'report.js')}` };
    const { stderr } = await runCli(args, { cwd: directory, env });
    const files = JSON.parse(/^LOADED (.*)$/m.exec(stderr)?.[1] ?? '[]') as string[];
    expect(files.length).toBeGreaterThan(10);
    return HEAVY.filter((name) => files.some((file) => file.includes(`/node_modules/${name}/`)));
  }

  it.each([
    ['status', '1'],
    ['wait', '1'],
    ['download', '1'],
    ['terminate', '1'],
    ['services'],
    ['submit', 'run.sh', '-s', 'example', '-u', '1'],
  ])('%s loads nothing of the server', async (...args) => {
    expect(await loadedBy([...args, '--server', `http://127.0.0.1:${await freePort()}`])).toEqual([]);
  });

  it.each([['completion', 'bash'], ['--help'], ['check', '--help']])(
    '%s loads nothing of the server',
    async (...args) => {
      expect(await loadedBy(args)).toEqual([]);
    },
  );
});
