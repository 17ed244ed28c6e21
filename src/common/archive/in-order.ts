/**
 * Runs `work` on up to `width` items at once and yields the results in the order of the items. When the reader stops, or
 * one fails, it waits for those under way, so that nothing of them is left open afterwards.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // Reported when its turn comes; until then a rejection must not count as unhandled.
      result.catch(() => undefined);
      running.push(result);
      const oldest = running.length < width ? undefined : running.shift();
      if (oldest !== undefined) {
        yield await oldest;
      }
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) {
      yield await next;
    }
  } finally {
    await Promise.allSettled(running);
  }
}
