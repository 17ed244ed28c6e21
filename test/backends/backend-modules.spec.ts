import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { METHODS, writeFiles } from '../support/package-fixture';
import { request } from '../support/http';
import { Program } from '../support/program';

/** CommonJS and an ES module, as a compiler would have written them. */
const commonJs = (name: string, className = 'TestModule') => `
const { Module } = require('@nestjs/common');
const { BackendProvider } = require('job-orchestrator/backend');
class TestBackend {${METHODS} }
BackendProvider('${name}')(TestBackend);
class ${className} {}
Module({ providers: [TestBackend] })(${className});
exports.${className} = ${className};
`;
const esModule = (name: string) => `
import { Module } from '@nestjs/common';
import { BackendProvider } from 'job-orchestrator/backend';
class TestBackend {${METHODS} }
BackendProvider('${name}')(TestBackend);
export default class TestModule {}
Module({ providers: [TestBackend] })(TestModule);
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orchestrator-modules-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Starts a server in the directory, which is expected to be refused: what it says. */
async function refusal(modules: string, env: Record<string, string> = {}): Promise<string> {
  const { code, log } = await Program.runToEnd('server', { BACKEND_MODULES: modules, ...env }, { cwd: directory });
  expect({ code, log }).toMatchObject({ code: 78 });
  return log;
}

/** Starts a server whose service `x` asks for that backend; what `GET /services` says of it. */
async function backendOf(modules: string, backend: string, env: Record<string, string> = {}): Promise<unknown> {
  const all = { BACKEND_MODULES: modules, SERVICE_X_BACKEND: backend, ...env };
  const server = await Program.start('server', all, { cwd: directory });
  try {
    return (await request(`${server.url}/services`)).json<{ name: string; backend: string }[]>();
  } finally {
    await server.stop();
  }
}

describe('a package that BACKEND_MODULES names', () => {
  it.each([
    ['a CommonJS file', './plugin.js', { 'plugin.js': commonJs('mine') }],
    ['an ES module in one file', './plugin.mjs', { 'plugin.mjs': esModule('mine') }],
    [
      'a directory with a CommonJS package',
      './plugin',
      { 'plugin/package.json': { name: 'plugin', main: 'lib/main' }, 'plugin/lib/main.js': commonJs('mine') },
    ],
    [
      'an installed package that only `import` may load',
      '@site/plugin',
      {
        'node_modules/@site/plugin/package.json': { type: 'module', exports: { '.': { import: './main.js' } } },
        'node_modules/@site/plugin/main.js': esModule('mine'),
      },
    ],
    [
      'a package of several modules, one of them its default',
      './plugin.js',
      {
        'plugin.js': `${commonJs('mine')}
          class Other {}
          Module({ imports: [TestModule] })(Other);
          exports.Other = Other;
          exports.default = TestModule;`,
      },
    ],
    [
      'a dynamic module',
      './plugin.js',
      { 'plugin.js': `${commonJs('mine')} delete exports.TestModule; exports.it = { module: TestModule };` },
    ],
    [
      'a module that imports the one with the backend',
      './plugin.js',
      {
        'plugin.js': `${commonJs('mine')}
          class Outer {}
          Module({ imports: [TestModule] })(Outer);
          module.exports = Outer;`,
      },
    ],
  ])('brings its backend: %s', async (_, name, files) => {
    writeFiles(directory, files);
    const services = await backendOf(name, 'mine');
    expect(services).toEqual([expect.objectContaining({ name: 'x', backend: 'mine' })]);
  });

  it('may be one of several, and they may be named with blanks around', async () => {
    writeFiles(directory, { 'a.js': commonJs('mine'), 'b.mjs': esModule('yours') });
    const services = await backendOf(' ./a.js , ./b.mjs ', 'yours', { SERVICE_Y_BACKEND: 'mine' });
    expect(services).toMatchObject([{ backend: 'yours' }, { backend: 'mine' }]);
  });

  it('gets the running program itself, though another copy stands nearer', async () => {
    writeFiles(directory, {
      'plugin.js': commonJs('mine'),
      'node_modules/job-orchestrator/package.json': { exports: { './backend': './other.js' } },
      'node_modules/job-orchestrator/other.js': 'throw new Error("another copy was loaded");',
    });
    expect(await backendOf('./plugin.js', 'mine')).toHaveLength(1);
  });

  it('reads settings of its services, by a table of its own', async () => {
    writeFiles(directory, {
      'plugin.js': `
        const { Module, Inject } = require('@nestjs/common');
        const { BackendProvider, BackendSettingsReader, backendPattern, integer, servicesOn, SERVER_CONFIG } =
          require('job-orchestrator/backend');
        const P = backendPattern('mine');
        const TABLE = { slots: integer(P + 'SLOTS', 'server', '1', { unit: 'slots', min: 1, max: 8 }, 'Slots.') };
        class TestBackend {
          constructor(config) {
            const reader = new BackendSettingsReader('mine', servicesOn(config, 'mine'), TABLE);
            const slots = servicesOn(config, 'mine').map((one) => reader.integer(reader.variablesOf(one).slots));
            reader.finish();
            console.log('SLOTS ' + slots);
          } ${METHODS} }
        Inject(SERVER_CONFIG)(TestBackend, undefined, 0);
        BackendProvider('mine')(TestBackend);
        class TestModule {}
        Module({ providers: [TestBackend] })(TestModule);
        module.exports = TestModule;`,
    });
    const env = { SERVICE_A_BACKEND: 'mine', SERVICE_A_MINE_SLOTS: '7', SERVICE_B_BACKEND: 'mine' };
    const server = await Program.start('server', { BACKEND_MODULES: './plugin.js', ...env }, { cwd: directory });
    const log = server.log();
    await server.stop();
    expect(log).toContain('SLOTS 7,1');
    expect(log).not.toContain('not a variable of this program');
    expect(await refusal('./plugin.js', { ...env, SERVICE_A_MINE_SLOTS: '9', SERVICE_B_MINE_SLOT: '1' })).toBe(
      'job-orchestrator: 2 configuration faults:\n' +
        '  SERVICE_B_MINE_SLOT: unknown; was SERVICE_B_MINE_SLOTS meant?\n' +
        '  SERVICE_A_MINE_SLOTS: "9" is not a whole number of slots from 1 to 8\n',
    );
  });
});

describe('a package that brings no usable backend ends the start with words that name it', () => {
  const one = (fault: string) => `job-orchestrator: configuration fault: BACKEND_MODULES: ${fault}\n`;

  it('is missing, by name or by path', async () => {
    expect(await refusal('no-such-package, ./nowhere')).toBe(
      'job-orchestrator: 2 configuration faults:\n' +
        `  BACKEND_MODULES: "no-such-package": no package of this name is installed in ${directory}, or beside this program\n` +
        `  BACKEND_MODULES: "./nowhere": there is no ${directory}/nowhere\n`,
    );
  });

  it('has not been built', async () => {
    writeFiles(directory, { 'plugin/package.json': { main: 'dist/main.js' } });
    expect(await refusal('./plugin')).toBe(
      one(`"./plugin": there is no ${directory}/plugin/dist/main.js: has the package been built?`),
    );
  });

  it('throws while it is loaded', async () => {
    writeFiles(directory, { 'plugin.js': 'null.x;' });
    expect(await refusal('./plugin.js')).toMatch(
      /BACKEND_MODULES: "\.\/plugin\.js": could not be loaded: TypeError: Cannot read .* \(at .*plugin\.js:1:6\)\)\n$/,
    );
  });

  it('lacks something that it imports itself', async () => {
    writeFiles(directory, { 'plugin.mjs': 'import "not-installed";' });
    expect(await refusal('./plugin.mjs')).toMatch(
      /BACKEND_MODULES: "\.\/plugin\.mjs": could not be loaded: .*Cannot find package 'not-installed'/,
    );
  });

  it('exports no Nest module, or several', async () => {
    writeFiles(directory, {
      'none.js': 'exports.start = () => 1;',
      'two.js': `${commonJs('mine')} class Other {} Module({ imports: [] })(Other); exports.Other = Other;`,
    });
    expect(await refusal('./none.js, ./two.js')).toBe(
      'job-orchestrator: 2 configuration faults:\n' +
        '  BACKEND_MODULES: "./none.js": exports no Nest module (a class with @Module), but start\n' +
        '  BACKEND_MODULES: "./two.js": exports several Nest modules (Other, TestModule): one has to be its default export\n',
    );
  });

  it('has a module without a backend', async () => {
    writeFiles(directory, {
      'plugin.js': `const { Module } = require('@nestjs/common');
        class Empty {} Module({ providers: [] })(Empty); module.exports = Empty;`,
    });
    expect(await refusal('./plugin.js')).toBe(
      one(`"./plugin.js": its module Empty has no provider with @BackendProvider('a-name')`),
    );
  });

  it('has a backend that lacks methods, or whose name is none', async () => {
    writeFiles(directory, {
      'a.js': commonJs('mine').replace('async poll() {}', ''),
      'b.js': commonJs('Not A Name'),
    });
    expect(await refusal('./a.js, ./b.js')).toBe(
      'job-orchestrator: 2 configuration faults:\n' +
        '  BACKEND_MODULES: "./a.js": its backend "mine" has no poll()\n' +
        '  BACKEND_MODULES: "./b.js": "Not A Name" is not a name of a-z, 0-9 and - for a backend\n',
    );
  });

  it('has a backend of a name that is taken, by this program or by another package', async () => {
    writeFiles(directory, { 'a.js': commonJs('slurm'), 'b.js': commonJs('mine', 'B'), 'c.js': commonJs('mine', 'C') });
    const said = await refusal('./a.js, ./b.js, ./c.js');
    expect(said).toContain(
      '  BACKEND_MODULES: "./b.js" and "./c.js" both bring a backend "mine"\n' +
        '  BACKEND_MODULES: "./a.js" and job-orchestrator itself both bring a backend "slurm"\n',
    );
  });

  it('throws when it is started, and is a link', async () => {
    writeFiles(directory, {
      'away/plugin.js': commonJs('mine').replace(
        'class TestBackend {',
        'class TestBackend { constructor() { null.x; }',
      ),
    });
    symlinkSync(join(directory, 'away/plugin.js'), join(directory, 'plugin.js'));
    expect(await refusal('./plugin.js')).toContain('BACKEND_MODULES: "./plugin.js": could not be started: TypeError');
  });

  it('throws when it is started', async () => {
    writeFiles(directory, {
      'plugin.js': commonJs('mine').replace('class TestBackend {', 'class TestBackend { constructor() { null.x; }'),
      'late.mjs': esModule('late').replace('class TestBackend {', 'class TestBackend { onModuleInit() { null.x; }'),
      'needy.js': `${commonJs('needy', 'NeedyModule')}
        Reflect.defineMetadata('design:paramtypes', [class Nobody {}], TestBackend);`,
    });
    const started = 'could not be started: ';
    expect(await refusal('./plugin.js')).toContain(`BACKEND_MODULES: "./plugin.js": ${started}TypeError: Cannot read`);
    expect(await refusal('./late.mjs')).toContain(`BACKEND_MODULES: "./late.mjs": ${started}TypeError: Cannot read`);
    expect(await refusal('./needy.js')).toContain(`BACKEND_MODULES: "./needy.js": ${started}`);
  });

  it('is not there, while a service asks for its backend', async () => {
    expect(await refusal('', { SERVICE_X_BACKEND: 'mine' })).toBe(
      'job-orchestrator: configuration fault: ' +
        'SERVICE_X_BACKEND: there is no backend "mine", but native, slurm; BACKEND_MODULES adds others\n',
    );
  });
});

it('an executor does not load backends', async () => {
  const client = await Program.start('client', { BACKEND_MODULES: './nowhere' }, { cwd: directory });
  expect(await client.stop()).toBe(0);
});
