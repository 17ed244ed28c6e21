// What was measured, as it is printed and as it is written to a file.

import { summed } from './measure-row.mjs';
import { areChanged } from './options.mjs';
import { BEFORE } from './rows/afterwards.mjs';

/** Joins what was measured of a row with what is known of it. Plain data. */
export function reportOf(row, results, options, notes) {
  const [ours, other] = results;
  const figures = row.figures.map((figure) => {
    const { key, label, unit, better, isAfter, isPart } = figure;
    // At another size it would be met too easily, or not at all.
    const aim = areChanged(row.aimAt ?? [], options) ? undefined : figure.aim;
    const cells = { ours: summed(ours, key), other: other ? summed(other, key) : undefined };
    const before = isAfter
      ? { before: summed(ours, BEFORE + key), otherBefore: other ? summed(other, BEFORE + key) : undefined }
      : {};
    const ratio = cells.ours && cells.other ? timesBetter(cells.ours.median, cells.other.median, better) : null;
    return { key, label, unit, better, aim, isPart, ...cells, ...before, ratio, hasOther: other !== undefined };
  });
  const errors = results
    .filter(({ error }) => error)
    .map(({ target, error, hasFailed = false }) => ({ target: target.name, error, hasFailed }));
  return { name: row.name, about: row.about(options), figures, errors, notes: [...(row.notes ?? []), ...notes] };
}

/** How many times better ours is, 1 being the same; null when that is no number. */
function timesBetter(ours, other, better) {
  const ratio = better === 'lower' ? other / ours : ours / other;
  return Number.isFinite(ratio) ? ratio : null;
}
