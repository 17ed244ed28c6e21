// Brings a fresh or an outdated checkout to the point where dist/cli.js runs; does nothing when it already does.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { step } from './terminal.mjs';

// Without --include=dev, NODE_ENV=production would leave the compiler out.
export const INSTALL_ARGS = ['ci', '--include=dev', '--no-audit', '--no-fund'];
const OLDEST_NODE = [20, 19];
// The compiler leaves an output alone that did not change, so the outputs alone do not say when the last build was.
const STAMP = join('dist', '.built');

/** @throws Error on a Node that is too old for the dependencies */
export function checkNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Error(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}`);
}

/** `npm ci` when node_modules is missing, incomplete or older than package-lock.json. */
export async function ensureInstalled(root, signal) {
  // npm writes this file last, so an interrupted installation has none.
  const installedAt = modifiedAt(join(root, 'node_modules', '.package-lock.json'));
  if (installedAt >= modifiedAt(join(root, 'package-lock.json')) && installedAt > 0) return;
  await runStep('dependencies', 'npm ci, a few minutes the first time', 'installed', INSTALL_ARGS, root, signal);
  await mendSqlite(root, signal);
}

/** The prebuilt sqlite3 may want a newer libc than this machine has; then it is compiled here. */
export async function mendSqlite(root, signal) {
  if (spawnSync(process.execPath, ['-e', "require('sqlite3')"], { cwd: root }).status === 0) return;
  const args = ['rebuild', 'sqlite3', '--build-from-source'];
  await runStep('sqlite3', 'compiling, about a minute', 'compiled', args, root, signal);
}

/** `npm run build` when dist/ is missing or older than a source. */
export async function ensureBuilt(root, signal) {
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];
  const changedAt = Math.max(
    ...sources.map((source) => newest(join(root, source), (name) => !/\.spec\.ts$/.test(name))),
  );
  const builtAt = Math.max(
    modifiedAt(join(root, STAMP)),
    newest(join(root, 'dist'), (name) => name.endsWith('.js')),
  );
  if (builtAt >= changedAt && existsSync(join(root, 'dist', 'cli.js'))) return;
  const startedAt = new Date();
  await runStep('build', 'npm run build', 'built', ['run', 'build'], root, signal);
  writeFileSync(join(root, STAMP), `${startedAt.toISOString()}\n`);
}

async function runStep(label, running, finished, args, root, signal) {
  const shown = step(label, running, { isVerbose: true });
  const { code, output } = await runCommand('npm', args, { cwd: root, signal });
  if (code === 0) {
    shown.done(finished);
    return;
  }
  shown.failed(`npm ${args.join(' ')} ended with exit code ${code}`);
  signal?.throwIfAborted();
  throw new Error(`npm ${args[0] === 'ci' ? 'ci' : args.join(' ')} failed:\n${lastLines(output, 30)}`);
}

/** The last `count` lines of a text. */
export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The latest change of the files of a tree whose name `counts`; 0 when there is none. */
function newest(path, counts) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found && counts(path) ? found.mtimeMs : 0;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name), counts)));
}
