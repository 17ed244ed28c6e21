import { setTimeout as wait } from 'node:timers/promises';

export interface EventuallyOptions<T> {
  /** How long to go on asking. Default 10 s. */
  timeoutMs?: number;
  /** Pause between two questions. Default 25 ms. */
  intervalMs?: number;
  /** Words for the failure: what was seen last. Default: the last value or error of the probe. */
  lastSeen?: (value: T | undefined) => string;
}

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/** Thrown by a probe that knows that asking again is no use: ends {@link eventually} at once. */
export class Hopeless extends Error {}

/**
 * Asks `probe` again and again until it answers something truthy, which is returned. A probe that throws counts as
 * "not yet". Fails at the deadline, showing what was seen last.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: EventuallyOptions<T> = {},
): Promise<Truthy<T>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let value: T | undefined;
    let failure: unknown;
    try {
      value = await probe();
    } catch (error) {
      if (error instanceof Hopeless) {
        throw error;
      }
      failure = error;
    }
    if (value) {
      return value as Truthy<T>;
    }
    if (Date.now() >= deadline) {
      const seen = options.lastSeen?.(value) ?? (failure instanceof Error ? failure.message : JSON.stringify(value));
      throw new Error(`not within ${timeoutMs} ms; last seen: ${seen}`, { cause: failure });
    }
    await wait(options.intervalMs ?? 25);
  }
}
