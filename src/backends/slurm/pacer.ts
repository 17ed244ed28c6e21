import { delay } from '../../common/delay';

/** Lets so many through in a second, evenly; the others wait in order. */
export class Pacer {
  private readonly everyMs: number;
  private nextAt = -Infinity;

  constructor(perSecond: number) {
    this.everyMs = 1_000 / perSecond;
  }

  /** Resolves at the caller's turn; early, without an error, when the signal aborts. */
  async turn(signal: AbortSignal, now = performance.now()): Promise<void> {
    const at = Math.max(now, this.nextAt);
    this.nextAt = at + this.everyMs;
    if (at > now) {
      await delay(at - now, signal);
    }
  }
}
