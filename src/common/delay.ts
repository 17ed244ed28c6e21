import { setTimeout as sleep } from 'node:timers/promises';

/** Waits; resolves early, without an error, when the signal aborts. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal, ref: true });
  } catch (error) {
    if (!signal?.aborted) {
      throw error;
    }
  }
}

/** Limits of a {@link backOff}, in milliseconds. */
export interface BackOffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** How long to wait before attempt `attempt` (1, 2, ...): doubling, with jitter of a half, so that crowds spread out. */
export function backOff(attempt: number, limits: BackOffLimits, random = Math.random()): number {
  const full = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * random;
}
