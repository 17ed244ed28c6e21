/** How far to look for the end of `((` to tell a calculation from a subshell in a subshell. */
const MAX_LOOKAHEAD = 256;

/** Is what stands behind `((` a calculation? Else it is a subshell that starts with a subshell. */
export function isCalculation(text: string, start: number): boolean {
  const stop = Math.min(text.length, start + MAX_LOOKAHEAD);
  let parentheses = 0;
  let quote = '';
  for (let at = start; at < stop; at++) {
    const character = text[at] ?? '';
    if (quote !== '' || character === '"' || character === "'") {
      quote = quote === '' ? character : quote === character ? '' : quote;
    } else if (character === '(') {
      parentheses++;
    } else if (character === ')' && parentheses-- === 0) {
      return text[at + 1] === ')';
    }
  }
  return true;
}
