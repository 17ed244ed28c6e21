/** So many uploads within so short a time are a burst: more than 200 a second. */
const UPLOADS = 20;
const WINDOW_MS = 100;

/** In a burst a hand-over begins when no other is under way, or so long after the last began. */
const PAUSE_MS = 250;

/** Knows whether uploads come faster than portals send them one by one. */
export class UploadBurst {
  /** When the last uploads came, on the clock of `performance.now()`; a ring. */
  private readonly times = new Float64Array(UPLOADS).fill(-Infinity);
  private next = 0;

  note(now: number): void {
    this.times[this.next] = now;
    this.next = (this.next + 1) % UPLOADS;
  }

  isOn(now: number): boolean {
    const oldest = this.times[this.next] ?? -Infinity;
    return now - oldest < WINDOW_MS;
  }

  /**
   * Whether the next hand-over of a service has to wait. The caller looks again soon: nothing tells that a burst is over.
   * @param underWay hand-overs of the service that have begun and not ended
   * @param begunAt when the last of them began
   */
  putsOff(underWay: number, begunAt: number, now: number): boolean {
    return underWay > 0 && now - begunAt < PAUSE_MS && this.isOn(now);
  }
}
