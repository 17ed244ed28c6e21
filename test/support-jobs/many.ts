/** Does `work` for every item, at most `limit` at a time; the results are in the order of the items. */
export async function eachLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

/** The whole numbers from 0 up to and without `end`. */
export function upTo(end: number): number[] {
  return [...Array(end).keys()];
}

/** How many of each there are, as in `{ Completed: 12, Failed: 3 }`. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
