// Measures one row of one or two programs.

import { join } from 'node:path';
import { warmUp } from './measures.mjs';
import { Pair } from './pair.mjs';
import { median } from './stats.mjs';

/**
 * Measures a row `repeats` times, the programs in turn. Each program has a fresh pair for the row. A program that fails
 * has `error` in place of further figures; the others go on.
 * @returns for each program `{ target, values, error }`, values being a Map from the key of a figure to its values
 * @throws Error only when interrupted
 */
export async function measureRow(row, { targets, options, directory, root, load, signal, notes, progress }) {
  const benches = [];
  for (const target of targets) {
    const result = { target, values: new Map(), error: target.isOurs ? null : (row.oursOnly ?? null) };
    benches.push({ target, options, load, signal, root, notes, home: directory, pair: null, result });
  }
  try {
    for (const bench of benches) {
      await attempt(bench, () => begin(row, bench, progress));
    }
    for (const phase of row.phases) {
      const taking = benches.filter(({ target }) => target.isOurs || !phase.oursOnly);
      await runPhase(phase, taking, options.repeats, progress);
    }
  } finally {
    await Promise.all(benches.map(({ pair }) => pair?.remove()));
  }
  return benches.map(({ result }) => result);

  async function runPhase(phase, taking, repeats, show) {
    for (const bench of taking) {
      show(`preparing ${bench.target.name}`);
      await attempt(bench, () => phase.setUp?.(bench));
    }
    for (let repeat = 1; phase.measure && repeat <= repeats; repeat++) {
      for (const bench of taking) {
        show(`${bench.target.name}, ${repeat} of ${repeats}`);
        await attempt(bench, async () => note(bench.result.values, await phase.measure(bench)));
      }
    }
  }
}

async function begin(row, bench, progress) {
  if (!row.services) return;
  progress(`starting ${bench.target.name}`);
  const { target, signal } = bench;
  const directory = join(bench.home, `${row.name}-${target.name}`);
  bench.pair = await Pair.start({ target, directory, services: row.services, signal });
  if (!row.isCold) await warmUp(bench, row.services[0]);
}

/** Does a piece of work for a program that hasn't failed. */
async function attempt(bench, work) {
  if (bench.result.error) return;
  try {
    await work();
  } catch (error) {
    bench.signal.throwIfAborted();
    bench.result.error = bench.pair?.explain(error) ?? error.message;
    bench.result.hasFailed = true;
  }
}

function note(values, figures) {
  for (const [key, value] of Object.entries(figures)) values.set(key, [...(values.get(key) ?? []), value]);
}

/** `{ median, values }` of one figure, or null when there are none. */
export function summed(result, key) {
  const values = result.values.get(key);
  return values ? { median: median(values), values } : null;
}
