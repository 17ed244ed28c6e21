/** A measured value, with three digits or more of what counts: `24,200`, `31.2`, `1.40`, `0.051`. */
export function number(value) {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 || size === 0 ? 2 : 3;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A size or an aim, which somebody chose: `24,200`, `60`, `1.4`. */
export function chosen(value) {
  return value.toLocaleString('en-US');
}
