import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runCli } from '../support/cli';
import { Pair } from '../support/pair';
import { CLI } from '../support/program';

const run = promisify(execFile);
const PAGE = readFileSync(resolve(__dirname, '../../docs/command-line.md'), 'utf8');
const COMMANDS = ['submit', 'status', 'wait', 'download', 'terminate', 'services', 'check'];

/** What differs from machine to machine, and from run to run. */
function settled(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/http:\/\/(localhost|127\.0\.0\.1):(?!1\/)\d+/g, 'http://HOST')
    .replaceAll(/\d+(\.\d+)? (bytes|KiB)/g, 'SIZE')
    .replaceAll(/(\/[\w.-]+)+\/(?=(db\.sqlite|data|jobs-2026-11-25\.sqlite)\b)/g, '/DIRECTORY/')
    .trimEnd();
}

/** Every command of the page's console blocks with the output that the page shows. */
function shown(): { command: string; output: string }[] {
  return [...PAGE.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block]) =>
    (block ?? '').split(/^\$ /m).flatMap((step) => {
      const [command, ...output] = step.split('\n');
      return command ? [{ command, output: output.join('\n') }] : [];
    }),
  );
}

/** What stands below a heading. */
function sectionOf(command: string): string {
  return new RegExp(`^## ${command}\n(.*?)(?=^## )`, 'ms').exec(PAGE)?.[1] ?? '';
}

const flagsIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/(?<=[ `|,])--?[a-z][\w-]*/g)].map(([flag]) => flag))].sort();

describe('docs/command-line.md', () => {
  let pair: Pair;
  let directory: string;
  beforeAll(async () => {
    pair = await Pair.start({ services: { example: {} } });
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-docs-'));
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin', 'job-orchestrator'), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
    chmodSync(join(directory, 'bin', 'job-orchestrator'), 0o755);
    const executor = `http://127.0.0.1:${pair.clientPort}`;
    writeFileSync(
      join(directory, '.env'),
      `SERVICE_EXAMPLE_UPLOAD_URL=${executor}/submit
SERVICE_EXAMPLE_DOWNLOAD_URL=${executor}/retrieve
SERVICE_EXAMPLE_TERMINATE_URL=${executor}/kill
DB_PATH=${pair.root}/server/db.sqlite
DATA_PATH=${pair.serverData}
`,
    );
  });
  afterAll(async () => {
    await pair.stop();
    rmSync(directory, { recursive: true });
  });

  it('shows every command with the output that it has', async () => {
    const steps = shown();
    expect(steps.length).toBeGreaterThan(25);
    // One shell for all, as a reader would type them: a line between two outputs tells them apart.
    const program = steps.map(({ command }) => `${command}\n__code=$?; echo "=== next"; (exit $__code)`).join('\n');
    const { stdout } = await run('bash', ['-c', `exec 2>&1\n${program}\n:`], {
      cwd: directory,
      env: {
        PATH: `${join(directory, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
        HOME: directory,
        JOB_ORCHESTRATOR_URL: pair.server.url,
      },
    });
    const outputs = stdout.split('=== next\n');
    const seen = steps.map(({ command }, at) => `$ ${command}\n${settled(outputs[at] ?? '')}`);
    expect(seen).toEqual(steps.map(({ command, output }) => `$ ${command}\n${settled(output)}`));
  }, 180_000);

  it.each(COMMANDS)('has exactly the options of %s', async (command) => {
    const { stdout } = await runCli([command, '--help']);
    const lines = stdout.split('\n').flatMap((line) => /^ {2}(-\w, )?(--[\w-]+)/.exec(line)?.[0] ?? []);
    const real = flagsIn(lines.join('\n')).filter((flag) => !['-h', '--help'].includes(flag));
    const rows = sectionOf(command)
      .split('\n')
      .flatMap((line) => /^\| `-[^|]*/.exec(line)?.[0] ?? []);
    expect(real.length).toBeGreaterThan(0);
    expect(flagsIn(rows.join('\n'))).toEqual(real);
  });

  it('lists exactly the commands that there are', async () => {
    const { stdout } = await runCli(['--help']);
    const commands = stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)/gm);
    const real = [...commands]
      .map(([, name]) => name)
      .filter((name) => name !== 'help')
      .sort();
    const listed = [...PAGE.matchAll(/^\| \[`([a-z]+)`\]\(#/gm)].map(([, name]) => name).sort();
    expect(listed).toEqual(real);
  });

  it('lists exactly the exit codes that there are', () => {
    const source = readFileSync(resolve(__dirname, '../../src/commands/exit-codes.ts'), 'utf8');
    const real = [...source.matchAll(/^ {2}\w+: (\d+),$/gm)].map(([, code]) => code);
    const table = PAGE.slice(
      PAGE.indexOf('## How commands end'),
      PAGE.indexOf('`server`, `client` and `backup` end with 1'),
    );
    expect([...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => code)).toEqual(real);
  });
});
