// npm run verify: everything that says whether this checkout is sound, in one command. Installs, lints, checks the
// types, builds, runs the tests, the fault tests, the backends on real systems (SLURM, where it can be started), the long
// ones in their short form, then installs the package elsewhere, and builds and runs the images. Stops at the first step that fails and ends with its exit code; the last line is always
// `N passed, N failed, N skipped`.
// npm run verify -- --fast leaves all but the first of these test steps out.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INSTALL_ARGS, checkNodeVersion, mendSqlite } from './lib/ensure-built.mjs';
import { addUp, readReport } from './lib/jest-report.mjs';
import { runCommand } from './lib/run-command.mjs';
import { bold, cyan, dim, duration, green, red, say } from './lib/terminal.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const interrupt = new AbortController();

/** The steps in their order; one with a `report` runs tests and leaves jest's JSON there. */
function stepsOf(isFast, directory) {
  const testStep = (title, script, env = {}) => {
    const report = join(directory, `${script.replace(':', '-')}.json`);
    return { title, args: ['run', script, '--', '--json', `--outputFile=${report}`], env, report };
  };
  const steps = [
    { title: 'Install', args: INSTALL_ARGS },
    { title: 'Lint', args: ['run', 'lint'] },
    { title: 'Type check', args: ['run', 'typecheck'] },
    { title: 'Build', args: ['run', 'build'] },
    testStep('Tests', 'test'),
    testStep('Fault tests', 'test:faults'),
    testStep('Backends on real systems', 'test:backends'),
    testStep('Long tests, short form', 'test:long', { TEST_LONG: 'short' }),
    testStep('Package and images', 'test:packaging'),
  ];
  return isFast ? steps.slice(0, -4) : steps;
}

/** Runs one step; returns its exit code, and the tests it ran where it is a test step. */
async function runStep({ title, args, env, report }, heading) {
  say(`\n${cyan('==')} ${bold(`${heading} ${title}`)}  ${dim(`npm ${args.join(' ').replace(/ -- --json.*/, '')}`)}`);
  const startedAt = performance.now();
  let { code } = await runCommand('npm', args, {
    cwd: root,
    env: { ...process.env, ...env },
    isShown: true,
    signal: interrupt.signal,
  });
  const tests = report ? readReport(report, root) : undefined;
  // Green without a report, or with failures in it, isn't green.
  if (code === 0 && tests && (tests.isMissing || tests.failed.length > 0)) code = 1;
  const took = duration(performance.now() - startedAt);
  say(code === 0 ? `${green('✓')} ${title} ${dim(took)}` : `${red('✗')} ${title}: exit code ${code} ${dim(took)}`);
  return { code, tests };
}

function listTests(heading, tests) {
  if (tests.length === 0) return;
  say(`\n${bold(heading)}`);
  for (const { name, file } of tests) say(`  ${name}  ${dim(file)}`);
}

async function verify(isFast) {
  checkNodeVersion();
  const directory = mkdtempSync(join(tmpdir(), 'job-orchestrator-verify-'));
  const startedAt = performance.now();
  const reports = [];
  let code = 0;
  try {
    const steps = stepsOf(isFast, directory);
    for (const [index, current] of steps.entries()) {
      const result = await runStep(current, `${index + 1}/${steps.length}`);
      if (result.tests) reports.push(result.tests);
      code = result.code;
      if (code === 0 && current.args === INSTALL_ARGS) await mendSqlite(root, interrupt.signal);
      if (code !== 0) break;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const { passed, failed, skipped } = addUp(reports);
  listTests('Skipped, and why', skipped);
  listTests('Failed', failed);
  say(
    `\n${code === 0 ? green('All sound') : red(`Failed with exit code ${code}`)}, ${duration(performance.now() - startedAt)}\n`,
  );
  say(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return code;
}

const unknown = process.argv.slice(2).filter((arg) => arg !== '--fast');
if (unknown.length > 0) {
  say(
    `unknown: ${unknown.join(' ')}\n\nnpm run verify             everything\nnpm run verify -- --fast   without fault tests, backends on real systems and long ones`,
  );
  process.exit(2);
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort(name));
process.exitCode = await verify(process.argv.includes('--fast'));
