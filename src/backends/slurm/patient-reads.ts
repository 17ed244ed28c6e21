import { abortable } from '../../common/abortable';
import { Semaphore } from '../../common/semaphore';
import { BackendUnavailableError } from '../backend.errors';

/** At a time; one that hangs gives its turn to the next. */
const WIDTH = 16;
const WITHIN_MS = 5_000;

interface Reading<T> {
  readonly result: Promise<T>;
  readonly startedAt: number;
}

/**
 * Reads on a file system that may hang: many side by side, none of which delays the others for longer than its time. One
 * that takes longer goes on; no second one is begun for its key, and whoever asks next gets its result.
 */
export class PatientReads<T> {
  private readonly turns = new Semaphore(WIDTH);
  private readonly underWay = new Map<string, Reading<T>>();

  constructor(private readonly withinMs = WITHIN_MS) {}

  /** @throws BackendUnavailableError in time, when it takes too long; and whatever the work throws */
  async read(key: string, work: () => Promise<T>): Promise<T> {
    return this.turns.run(async () => {
      const reading = this.underWay.get(key) ?? { result: work(), startedAt: performance.now() };
      this.underWay.set(key, reading);
      const leftMs = Math.max(0, reading.startedAt + this.withinMs - performance.now());
      const limit = AbortSignal.timeout(Math.ceil(leftMs));
      try {
        const result = await abortable(reading.result, limit);
        this.drop(key, reading);
        return result;
      } catch (error) {
        if (!limit.aborted || error !== limit.reason) {
          this.drop(key, reading);
          throw error;
        }
        throw new BackendUnavailableError(`the file system has not answered within ${this.withinMs / 1000} s`);
      }
    });
  }

  private drop(key: string, reading: Reading<T>): void {
    if (this.underWay.get(key) === reading) {
      this.underWay.delete(key);
    }
  }
}
