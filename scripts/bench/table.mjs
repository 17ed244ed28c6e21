// The table, a row as it is done, and the machine above it.

import { bold, dim, green, red, say, yellow } from '../lib/terminal.mjs';
import { chosen, number } from './number.mjs';

const WIDTHS = { label: 38, value: 16, aim: 14, other: 18, otherBefore: 14, ratio: 10 };
const SPREAD_WIDTH = 19;

export function printMachine(machine, { targets, options }) {
  const rows = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb.toFixed(0)} GB, Linux ${machine.kernel}`],
    ['Node', `${machine.node}${machine.node === machine.loadNode ? '' : ` (load generator: ${machine.loadNode})`}`],
    ['disk', `${machine.fileSystem} at ${machine.directory}; fsync of 4 KiB ${number(machine.fsyncMs)} ms`],
    ['load', `${machine.load.toFixed(2)} over a minute, ${(machine.busyShare * 100).toFixed(0)} % busy now`],
    [
      'repeats',
      `${options.repeats}; the median is shown${targets.length > 1 ? ', the programs in turn; a ratio above 1: ours is better' : ''}`,
    ],
  ];
  if (options.server) rows.push(['other', `${options.server} · ${options.client}`]);
  for (const [label, text] of rows) say(`  ${dim(label.padEnd(9))}${text}`);
  if (!machine.isQuiet)
    say(yellow('  This machine is not quiet: somebody else is at work, and the figures will show it.'));
  if (machine.fileSystem === 'tmpfs') say(yellow('  In memory an fsync costs nothing: give a disk with --dir.'));
}

/** The line above all columns. */
export function printHead(targets) {
  const cells = [' '.repeat(4) + 'row'.padEnd(WIDTHS.label - 4), 'ours'.padStart(WIDTHS.value), ''.padEnd(2)];
  cells.push('aim, before'.padEnd(WIDTHS.aim));
  if (targets.length > 1) {
    cells.push(
      'other'.padStart(WIDTHS.other),
      '  ',
      'before'.padEnd(WIDTHS.otherBefore),
      'ratio'.padStart(WIDTHS.ratio),
    );
  } else cells.push('spread'.padStart(SPREAD_WIDTH));
  say(`\n${dim(cells.join('').trimEnd())}`);
}

/** @param figures of reportOf() */
export function printRow({ name, about, figures, errors, notes }) {
  say(`\n  ${bold(name)}  ${dim(about)}`);
  for (const figure of figures) say(figureLine(figure).trimEnd());
  for (const { target, error, hasFailed } of errors) {
    const text = error.replaceAll('\n', '\n      ');
    say(hasFailed ? red(`    ${target} failed: ${text}`) : dim(`    ${target}: not measured: ${text}`));
  }
  for (const note of notes) say(dim(`    (${note})`));
}

function figureLine({ label, isPart, unit, better, aim, ours, other, before, otherBefore, ratio, hasOther }) {
  const isMet = ours && aim !== undefined ? (better === 'lower' ? ours.median <= aim : ours.median >= aim) : null;
  const paint = isMet === null ? (text) => text : isMet ? green : yellow;
  const sign = better === 'lower' ? '≤' : '≥';
  const beside = before ? `was ${number(before.median)}` : aim === undefined ? '' : `${sign} ${chosen(aim)}`;
  const cells = [
    `    ${`${isPart ? '  ' : ''}${label}`.padEnd(WIDTHS.label - 4)}`,
    paint(withUnit(ours, unit).padStart(WIDTHS.value)),
    '  ',
  ];
  cells.push(dim(beside.padEnd(WIDTHS.aim)));
  if (!hasOther) return cells.join('') + dim(spread(ours).padStart(SPREAD_WIDTH));
  cells.push(withUnit(other, unit).padStart(WIDTHS.other), '  ');
  cells.push(dim((otherBefore ? `was ${number(otherBefore.median)}` : '').padEnd(WIDTHS.otherBefore)));
  cells.push((ratio === null ? '' : `${number(ratio)} ×`).padStart(WIDTHS.ratio));
  return cells.join('');
}

function withUnit(summary, unit) {
  if (!summary) return '–';
  return `${number(summary.median)}${unit.startsWith('/') || unit === '' ? '' : ' '}${unit}`;
}

function spread(summary) {
  if (!summary || summary.values.length < 2) return '';
  return `${number(Math.min(...summary.values))} – ${number(Math.max(...summary.values))}`;
}
