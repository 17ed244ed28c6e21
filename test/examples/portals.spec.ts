import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { ZipContents } from '../support/zip';
import { itUnless } from '../support-jobs/conditions';

const EXAMPLES = resolve(__dirname, '../../examples/portals');
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;

let pair: Pair;
let directory: string;
let portalMjs: string;
beforeAll(async () => {
  pair = await Pair.start({ services: { example: {} } });
  directory = mkdtempSync(join(tmpdir(), 'orchestrator-portals-'));
  portalMjs = compiled();
});
afterAll(async () => {
  await pair.stop();
  rmSync(directory, { recursive: true });
});

/** Does what Node 20 is told to do in the example's README: it runs no TypeScript. */
function compiled(): string {
  const [, command = ''] = /`npx (tsc [^`]+)`/.exec(readFileSync(join(EXAMPLES, 'README.md'), 'utf8')) ?? [];
  const args = [...command.split(' '), '--outDir', directory];
  const { status, stdout } = spawnSync('npx', ['--no-install', ...args], { cwd: EXAMPLES, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npx ${command}: ${stdout}`);
  return join(directory, 'portal.mjs');
}

const runsTypeScript = Number(process.versions.node.split('.')[0]) >= 24;
const programs = {
  Python: () => ['python3', join(EXAMPLES, 'portal.py')],
  TypeScript: () => [process.execPath, runsTypeScript ? join(EXAMPLES, 'portal.mts') : portalMjs],
};

describe.each(Object.keys(programs) as (keyof typeof programs)[])('the portal in %s', (language) => {
  const obstacle = language === 'Python' && !hasPython ? 'no python3 of 3.9 or newer on this machine' : undefined;
  const promise = (name: string, test: () => Promise<void>) => itUnless(obstacle, name, test);

  /** Starts it on a job of these files; `done` is its exit code and what it has printed. */
  function start(name: string, files: Record<string, string>, service = 'example') {
    const job = join(directory, `${language}-${name}`);
    mkdirSync(job);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(job, file), content);
    const target = `${job}.zip`;
    const [program = '', script = ''] = programs[language]();
    const child: ChildProcess = spawn(program, [script, pair.server.url, service, job, target]);
    const output = Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
    return { target, done: output.then(([out, err, [code]]) => ({ out, err, code: code as number })) };
  }

  promise('submits, waits and fetches', async () => {
    const files = { 'run.sh': 'sort in.txt > out.txt', 'in.txt': 'b\na\n', 'ü x.txt': 'odd name' };
    const { target, done } = start('ok', files);
    expect(await done).toEqual({
      out: expect.stringMatching(/^job \d+\nCompleted .*\.zip\n$/) as string,
      err: '',
      code: 0,
    });
    const results = await ZipContents.read(target);
    expect([results.text('out.txt'), results.text('ü x.txt')]).toEqual(['a\nb\n', 'odd name']);
    expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  promise('says why a job ended without a result', async () => {
    const { done } = start('failed', { 'run.sh': 'exit 3' });
    expect(await done).toMatchObject({ out: expect.stringMatching(/Failed exit code 3\n$/) as string, code: 1 });
  });

  promise('says what the server refuses, and asks no more', async () => {
    const { out, err, code } = await start('refused', { 'run.sh': 'true' }, 'nope').done;
    expect(out + err).toMatch(/400.*Invalid service/s);
    expect(code).toBe(1);
  });

  promise('waits for a server that is being restarted, and its job runs once', async () => {
    const open = join(pair.shared, `${language}-open`);
    const runs = join(pair.shared, `${language}-runs`);
    const { target, done } = start('restart', {
      'run.sh': `echo run >> ${runs}; until test -e ${open}; do sleep 0.05; done`,
    });
    await eventually(() => readFileSync(runs, 'utf8') === 'run\n');
    await pair.restartServer();
    writeFileSync(open, '');
    expect(await done).toMatchObject({ code: 0 });
    expect((await ZipContents.read(target)).has('run.sh')).toBe(true);
    expect(readFileSync(runs, 'utf8')).toBe('run\n');
  });
});
