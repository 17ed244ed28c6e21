import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { blocksOf } from '../support/pages';
import { urlsAt } from '../support/pair';
import { freePort } from '../support/ports';
import { ZipContents } from '../support/zip';
import { itUnless } from '../support-jobs/conditions';
import { Installation } from '../support-packaging/installation';
import { type NodeRelease, otherNode, THIS_NODE } from '../support-packaging/other-node';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');
const MIB = 1024 * 1024;
/** Of these, 5.2 MiB are what is bundled. */
const MAX_PACKED_BYTES = 7 * MIB;
const ADDON = 'node_modules/sqlite3/build/Release/node_sqlite3.node';
const other = otherNode();

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

describe('the package that npm pack makes', () => {
  let directory: string;
  let packed: Packed;
  let first: Installation;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-pack-'));
    first = new Installation(THIS_NODE);
    // Built by what starts these tests.
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
    const { stdout } = await run('npm', args, { cwd: ROOT, maxBuffer: 16 * MIB });
    const answer = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
    packed = Object.values(answer)[0]!;
  });
  afterAll(async () => {
    await first.remove();
    if (typeof other !== 'string') rmSync(resolve(other.bin, '../../..'), { recursive: true });
    rmSync(directory, { recursive: true });
  });

  const ownFiles = () => packed.files.map(({ path }) => path).filter((path) => !path.startsWith('node_modules/'));

  it('holds what is needed to run, read and extend the program, and nothing else', () => {
    const expected =
      /^(package\.json|LICENSE|README\.md|CONTRIBUTING\.md|\.env\.example|(dist|docs|examples|deploy)\/.+)$/;
    expect(ownFiles().filter((path) => !expected.test(path))).toEqual([]);
    expect(ownFiles().filter((path) => /\.(map|tsbuildinfo|sqlite|log|tgz)$|\.spec\.|(^|\/)\.env$/.test(path))).toEqual(
      [],
    );
    expect(packed.size).toBeLessThan(MAX_PACKED_BYTES);
    expect(statSync(join(directory, packed.filename)).size).toBe(packed.size);
  });

  it('holds everything that its package.json names', () => {
    const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
      exports: Record<string, string | Record<string, string>>;
    };
    const named = [...Object.values(bin), ...Object.values(exports).flatMap((entry) => Object.values(wrap(entry)))];
    expect(ownFiles()).toEqual(expect.arrayContaining(named.map((path) => path.replace('./', ''))));
  });

  /** What a newcomer does, from an empty directory to the result of a job. */
  async function takesAJobThrough(installed: Installation, node: NodeRelease): Promise<void> {
    expect((await installed.run('node', ['--version'])).trim()).toBe(`v${node.name}`);
    const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
    expect((await installed.run('npx', ['job-orchestrator', '--version'])).trim()).toBe(version);
    const [serverPort, clientPort] = [await freePort(), await freePort()];
    const urls = urlsAt(`http://127.0.0.1:${clientPort}`);
    await installed.start('client', { PORT: String(clientPort), HOST: '127.0.0.1' });
    await installed.start('server', {
      PORT: String(serverPort),
      HOST: '127.0.0.1',
      SERVICE_EXAMPLE_UPLOAD_URL: urls.upload,
      SERVICE_EXAMPLE_DOWNLOAD_URL: urls.download,
      SERVICE_EXAMPLE_TERMINATE_URL: urls.terminate,
    });
    writeFileSync(join(installed.directory, 'run.sh'), 'echo "hello" > hello.txt\n');
    await installed.run(
      'npx',
      ['job-orchestrator', 'submit', 'run.sh', '--service', 'example', '--user', '1', '--output', 'results.zip'],
      { JOB_ORCHESTRATOR_URL: `http://127.0.0.1:${serverPort}` },
    );
    const zip = await ZipContents.read(readFileSync(join(installed.directory, 'results.zip')));
    expect(zip.text('hello.txt')).toBe('hello\n');
  }

  it(`installs as the README says and takes a job through, on Node ${THIS_NODE.name}`, async () => {
    const typed = blocksOf('README.md').find(({ text }) => text.includes('npm install'))?.text ?? '';
    expect(typed).toContain(packed.filename);
    const here = typed.replaceAll('../orchestrator', first.directory).replace('mkdir', 'mkdir -p');
    expect(await first.run('bash', ['-e', '-c', `cd '${directory}'\n${here}`])).toContain('submit');
    expect(existsSync(join(first.directory, ADDON))).toBe(true);
    await takesAJobThrough(first, THIS_NODE);
  });

  itUnless(
    typeof other === 'string' ? other : undefined,
    `installs in an empty directory and takes a job through, on Node ${typeof other === 'string' ? '' : other.name}`,
    async () => {
      const node = other as NodeRelease;
      const second = new Installation(node);
      try {
        await second.run('npm', ['install', '--no-audit', '--no-fund', join(directory, packed.filename)]);
        expect(existsSync(join(second.directory, ADDON))).toBe(true);
        await takesAJobThrough(second, node);
      } finally {
        await second.remove();
      }
    },
  );

  it('has entries for backends of others that can be imported, with types', async () => {
    const source = `import { BackendHost, type Backend } from 'job-orchestrator/backend';
import { backendConformance } from 'job-orchestrator/backend-conformance';
export const open: (env: Record<string, string>) => Promise<BackendHost> = (env) => BackendHost.open(env, []);
export const suite: (name: string, ...rest: never[]) => unknown = backendConformance;
export type Given = Parameters<Backend['submit']>;
// @ts-expect-error a type that is any would not mind
export const wrong: Backend = { submit: 7 };
`;
    writeFileSync(join(first.directory, 'check.mts'), source);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
    const strict = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext'];
    expect(await first.run('node', [tsc, ...strict, ...types, 'check.mts']).catch(stdoutOf)).toBe('');
    const script = `Promise.all(['backend', 'backend-conformance'].map((name) => import('job-orchestrator/' + name)))
      .then(([a, b]) => console.log(typeof a.BackendHost.open, typeof b.backendConformance))`;
    expect((await first.run('node', ['-e', script])).trim()).toBe('function function');
  });
});

function wrap(entry: string | Record<string, string>): Record<string, string> {
  return typeof entry === 'string' ? { default: entry } : entry;
}

function stdoutOf(error: unknown): string {
  return (error as { stdout: string }).stdout;
}
