import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { JobEvents } from './job-events';

/** Lets many wait for the next move of a job, without asking the database. */
@Injectable()
export class MoveWatch implements OnModuleDestroy {
  private readonly waiting = new Map<number, Set<() => void>>();
  private readonly subscription: Subscription;
  private isStopping = false;

  constructor(events: JobEvents) {
    this.subscription = events.moved.subscribe(({ id }) => this.waiting.get(id)?.forEach((wake) => wake()));
  }

  /**
   * Resolves when the job's state changes, after `timeoutMs`, when the signal aborts, or when the server stops: whoever
   * waits looks at the job again in each case.
   */
  next(id: number, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.isStopping || signal.aborted) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const wakes = this.waiting.get(id) ?? new Set<() => void>();
      this.waiting.set(id, wakes);
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        wakes.delete(wake);
        if (wakes.size === 0) {
          this.waiting.delete(id);
        }
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      signal.addEventListener('abort', wake);
      wakes.add(wake);
    });
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    this.subscription.unsubscribe();
    this.waiting.forEach((wakes) => wakes.forEach((wake) => wake()));
  }
}
