import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOfPage, EXAMPLE, LocalPackage } from '../support-backends/local-package';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { processesOf } from '../support/processes';
import { script } from '../support/script';

const sourceOf = (name: string) => readFileSync(join(EXAMPLE, name), 'utf8');

jest.setTimeout(300_000);

describe('docs/backends/writing-one.md', () => {
  it('shows the whole example, and nothing else', () => {
    const lines = (text: string) => text.split('\n').filter((line) => line !== '');
    expect(lines(codeOfPage('ts').join('\n'))).toEqual(lines(sourceOf('src/local.backend.ts')));
    expect(codeOfPage('js')).toEqual([sourceOf('test/conformance.test.mjs')]);
    expect(codeOfPage('json')).toEqual([sourceOf('package.json')]);
    expect(codeOfPage('jsonc')).toEqual([sourceOf('tsconfig.json')]);
  });

  it('shows a backend in under 150 lines', () => {
    expect(sourceOf('src/local.backend.ts').trimEnd().split('\n').length).toBeLessThan(150);
  });
});

describe('the backend of docs/backends/writing-one.md, as a package of its own', () => {
  let local: LocalPackage;
  beforeAll(async () => {
    local = await LocalPackage.make();
  });
  afterAll(() => local.remove());

  it('passes the conformance suite, which it imports as others would, with another test runner', async () => {
    const report = await local.test();
    const failed = report.split('\n').filter((line) => /^ +not ok/.test(line));
    expect({ failed, end: /^# fail \d+/m.exec(report)?.[0] }).toEqual({ failed: [], end: '# fail 0' });
    expect(Number(/^# pass (\d+)/m.exec(report)?.[1])).toBeGreaterThanOrEqual(25);
  });

  describe('named in BACKEND_MODULES of a server', () => {
    let pair: Pair;
    let directory: string;
    beforeAll(async () => {
      directory = join(local.root, 'jobs');
      local.uninstall();
      pair = await Pair.start({
        services: {},
        withClient: false,
        server: {
          BACKEND_MODULES: local.home,
          SERVICE_EXAMPLE_BACKEND: 'local',
          SERVICE_EXAMPLE_LOCAL_DIRECTORY: directory,
          SERVICE_EXAMPLE_MAX_RUNTIME: '20',
        },
      });
    });
    afterAll(() => pair.stop());

    it('runs uploaded jobs and gives their results', async () => {
      const id = await pair.submit({ 'run.sh': script('tr a-z A-Z < in > out; echo said'), in: 'data' });
      const results = await pair.result(id);
      expect([results.text('out'), results.text('.orchestrator.stdout')]).toEqual(['DATA', 'said\n']);
      expect(await pair.job(id)).toMatchObject({ status: 'Completed', exit_code: 0 });
    });

    it('tells how a job failed, and gives its files', async () => {
      const id = await pair.submit(script('echo left > behind; exit 7'));
      expect(await pair.waitFor(id, 'Failed')).toMatchObject({ exit_code: 7, message: 'exit code 7' });
      expect((await pair.partial(id)).text('behind')).toBe('left\n');
    });

    it('gives partial results, and ends a job with all that it started', async () => {
      const id = await pair.submit(script('echo begun > mark; (setsid sleep 300 &); sleep 300'));
      await eventually(async () => (await pair.partial(id)).has('mark'));
      expect((await pair.terminate(id)).status).toBe(200);
      expect(processesOf(directory).filter(({ pid }) => pid !== pair.server.pid)).toEqual([]);
      expect((await pair.job(id)).status).toBe('Killed');
    });

    it('goes on with its jobs when the server is killed and started again', async () => {
      const go = join(pair.shared, 'go');
      const id = await pair.submit(script(`while [ ! -e ${go} ]; do sleep 0.05; done; echo late > out`));
      await pair.waitFor(id, 'Running');
      await pair.server.kill9();
      await pair.restartServer();
      writeFileSync(go, '');
      expect((await pair.result(id)).text('out')).toBe('late\n');
    });
  });

  it('refuses a slip in its settings by name', async () => {
    const server = {
      BACKEND_MODULES: local.home,
      SERVICE_EXAMPLE_BACKEND: 'local',
      SERVICE_EXAMPLE_LOCAL_DIRECTRY: '/tmp',
    };
    await expect(Pair.start({ services: {}, withClient: false, server })).rejects.toThrow(
      /LOCAL_DIRECTRY: unknown; was SERVICE_EXAMPLE_LOCAL_DIRECTORY meant/,
    );
  });
});
