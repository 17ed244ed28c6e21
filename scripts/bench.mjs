// npm run bench: how fast the programs are. They are started as users do and driven over HTTP from another process.
// npm run bench -- --server CMD --client CMD: the same of another pair that speaks the contract, side by side.
// npm run bench -- --help: rows and sizes.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoadGenerator } from './bench/load-generator.mjs';
import { describeMachine } from './bench/machine.mjs';
import { measureRow } from './bench/measure-row.mjs';
import { USAGE, readOptions } from './bench/options.mjs';
import { otherTarget, ourTarget } from './bench/pair.mjs';
import { reportOf } from './bench/report.mjs';
import { printHead, printMachine, printRow } from './bench/table.mjs';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { abandonSteps, bold, dim, duration, red, say, step } from './lib/terminal.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const interrupt = new AbortController();

async function bench(options) {
  const { signal } = interrupt;
  say(`\n${bold('job-orchestrator bench')}\n`);
  await ensureBuilt(root, signal);
  const beganAt = performance.now();
  const node = options.node ?? process.execPath;
  const targets = [ourTarget(node, join(root, 'dist', 'cli.js'))];
  if (options.server) targets.push(otherTarget({ server: options.server, client: options.client }));
  const parent = resolve(process.env.INIT_CWD ?? '.', options.dir ?? tmpdir());
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, 'job-orchestrator-bench-'));
  let load;
  try {
    const machine = await describeMachine({ root, directory, node, signal });
    printMachine(machine, { targets, options });
    printHead(targets);
    load = new LoadGenerator(signal);
    const rows = await measureAll({ targets, options, directory, root, load, signal, machine });
    say(dim(`\n  ${duration(performance.now() - beganAt)}; ${directory} removed`));
    return rows.some(({ errors }) => errors.some(({ hasFailed }) => hasFailed)) ? 1 : 0;
  } finally {
    abandonSteps();
    await load?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Row by row; the file is written after each, so that an interrupted run leaves what it has. */
async function measureAll({ machine, ...world }) {
  const { options, targets } = world;
  const rows = [];
  const startedAt = new Date().toISOString();
  for (const row of options.rows) {
    const notes = new Set();
    const shown = step(row.name, 'starting');
    const results = await measureRow(row, { ...world, notes, progress: (text) => shown.update(text) }).finally(
      shown.clear,
    );
    const report = reportOf(row, results, options, notes);
    rows.push(report);
    printRow(report);
    if (options.json) write(options, { startedAt, machine, targets: targets.map(({ name }) => name), rows });
  }
  return rows;
}

function write(options, content) {
  const { rows: chosen, ...sizes } = options;
  const path = resolve(process.env.INIT_CWD ?? '.', options.json);
  const all = { ...content, options: { ...sizes, rows: chosen.map(({ name }) => name) } };
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
}

async function main(args) {
  let options;
  try {
    options = readOptions(args);
  } catch (error) {
    say(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    say(USAGE);
    return 0;
  }
  return bench(options);
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => interrupt.abort(new Error(`ended by ${name}`)));
}
// Whatever was overlooked must not leave programs behind.
process.once('uncaughtException', (error) => interrupt.abort(error));
// A closed pipe (`npm run bench | head`) must still stop the programs.
process.stdout.on('error', () => interrupt.abort(new Error('nobody reads any more')));

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  say(red(interrupt.signal.aborted ? String(error.message) : (error.stack ?? String(error))));
  return interrupt.signal.aborted ? 130 : 2;
});
