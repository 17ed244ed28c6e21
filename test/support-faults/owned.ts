/** Something that a test has started. */
interface Stoppable {
  stop(): Promise<void>;
}

/** Notes what is being started, and hands it on. */
export type Own = <T extends Stoppable>(started: Promise<T>) => Promise<T>;

/**
 * What the tests of a file start is stopped after each of them, the last one first, also when a test has failed.
 * Call it once, outside of the tests.
 */
export function owning(): Own {
  const owned: Stoppable[] = [];
  afterEach(async () => {
    const faults: unknown[] = [];
    for (const each of owned.splice(0).reverse()) {
      await each.stop().catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join('\n'));
  });
  return async (started) => {
    const it = await started;
    owned.push(it);
    return it;
  };
}
