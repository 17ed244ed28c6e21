import { Readable } from 'node:stream';

/**
 * A byte stream of what a generator yields, at the reader's pace. Destroying it lets the generator finish the step it is
 * in and runs its `finally` blocks; `close` comes after them, unless that step may hang: then nobody waits for it. An error
 * of the generator destroys the stream with it.
 *
 * Not Readable.from: destroyed without an error, that one takes the generator's return for its end and emits `end`
 * before `close`, so that a stream cut short looks whole.
 */
export class PieceStream extends Readable {
  constructor(
    private readonly pieces: AsyncGenerator<Buffer, void>,
    highWaterMark: number,
    private readonly mayHang = false,
  ) {
    super({ highWaterMark });
  }

  override _read(): void {
    this.pieces.next().then(
      (step) => {
        if (!this.destroyed) this.push(step.done ? null : step.value);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const over = this.pieces.return();
    if (this.mayHang) {
      over.catch(() => undefined);
      callback(error);
      return;
    }
    over.then(
      () => callback(error),
      (fault: unknown) => callback(error ?? (fault as Error)),
    );
  }
}
