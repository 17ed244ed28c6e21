import { Transform, type TransformCallback } from 'node:stream';
import { buffersPassed } from './dead-buffers';
import { OrchestratorError } from './errors';

/** A transfer goes on, but too slowly ever to end. */
export class TooSlowError extends OrchestratorError {
  readonly code = 'too-slow';
  readonly retryable = true;

  constructor(bytes: number, windowMs: number) {
    super(`only ${bytes} bytes came in ${windowMs / 1000} s`);
  }
}

/** A progress limit: at least so many bytes in each window. */
export interface ProgressLimit {
  readonly minBytes: number;
  readonly windowMs: number;
}

/**
 * Passes bytes on, and fails when too few come: an idle time-out never ends a peer that sends a byte now and then. Only
 * the time in which more is wanted counts: a slow reader behind us is not the sender's fault.
 */
export class SteadyStream extends Transform {
  private bytes = 0;
  private readonly timer: NodeJS.Timeout;

  constructor({ minBytes, windowMs }: ProgressLimit) {
    super();
    this.timer = setInterval(() => {
      if (this.bytes < minBytes && !this.readableEnded && this.readableLength === 0) {
        this.destroy(new TooSlowError(this.bytes, windowMs));
      }
      this.bytes = 0;
    }, windowMs);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    buffersPassed(chunk.length);
    done(null, chunk);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.timer);
    done(error);
  }
}
