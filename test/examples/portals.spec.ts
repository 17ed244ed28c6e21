import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../support/eventually';
import { blocksOf } from '../support/pages';
import { Pair } from '../support/pair';
import { ZipContents } from '../support/zip';
import { itUnless } from '../support-jobs/conditions';

const ROOT = resolve(__dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/portals');
const noPython =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0
    ? undefined
    : 'no python3 of 3.9 or newer on this machine';

let pair: Pair;
let directory: string;
beforeAll(async () => {
  pair = await Pair.start({ services: { example: {} } });
  directory = mkdtempSync(join(tmpdir(), 'orchestrator-portals-'));
});
afterAll(async () => {
  await pair.stop();
  rmSync(directory, { recursive: true });
});

/** What the command on the page makes for Node 20: the example compiled, in a copy of the clone's own directories. */
let compiled: string;
beforeAll(() => {
  const copy = join(directory, 'clone', 'examples', 'portals');
  cpSync(EXAMPLES, copy, { recursive: true });
  for (const name of ['node_modules', 'tsconfig.json']) symlinkSync(join(ROOT, name), join(directory, 'clone', name));
  const text =
    blocksOf('examples/portals/README.md').find((block) => block.text.startsWith('npx tsc'))?.text ?? 'false';
  const { status, stdout } = spawnSync('bash', ['-e', '-c', text], { cwd: copy, encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, '']);
  compiled = join(copy, 'portal.mjs');
}, 60_000);

const noTypeScript =
  Number(process.versions.node.split('.')[0]) >= 24 ? undefined : `Node ${process.versions.node} runs no TypeScript`;
const programs = {
  Python: { obstacle: noPython, command: () => ['python3', join(EXAMPLES, 'portal.py')] },
  TypeScript: { obstacle: noTypeScript, command: () => [process.execPath, join(EXAMPLES, 'portal.mts')] },
  'compiled-TypeScript': { obstacle: undefined, command: () => [process.execPath, compiled] },
};

describe.each(Object.keys(programs) as (keyof typeof programs)[])('the portal in %s', (language) => {
  const { obstacle, command } = programs[language];
  const promise = (name: string, test: () => Promise<void>) => itUnless(obstacle, name, test);

  /** Starts it on a job of these files; `done` is its exit code and what it has printed. */
  function start(name: string, files: Record<string, string>, service = 'example') {
    const job = join(directory, `${language}-${name}`);
    mkdirSync(job);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(job, file), content);
    const target = `${job}.zip`;
    const [program = '', script = ''] = command();
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

itUnless(noPython, 'the portal in Python refuses results that are whole in length and damaged within', async () => {
  const [whole, job, target] = ['whole.zip', 'damaged-job', 'damaged.zip'].map((name) => join(directory, name));
  const make = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").writestr("out.txt", "results")';
  expect(spawnSync('python3', ['-c', make, whole!]).status).toBe(0);
  const damaged = readFileSync(whole!);
  damaged.write('R', damaged.indexOf('results'));
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isUpload = request.method === 'POST';
      response.setHeader('content-type', isUpload ? 'application/json' : 'application/zip');
      response.end(isUpload ? '{"id":1}' : damaged);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    mkdirSync(job!);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = spawn('python3', [join(EXAMPLES, 'portal.py'), url, 'example', job!, target!]);
    const [err, ended] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([err, ended[0]]).toEqual(['the results are damaged: out.txt\n', 1]);
    expect(existsSync(target!)).toBe(false);
  } finally {
    server.close();
  }
});
