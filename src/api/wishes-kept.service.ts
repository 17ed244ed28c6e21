import { Injectable } from '@nestjs/common';
import { delay } from '../common/delay';
import { BackendRegistry } from '../backends/backend-registry';
import type { KeptWishes } from '../jobs/job-wishes';

/** A portal waits no longer than this for an executor to say what it is. */
const ASK_MS = 1_000;

/** Says which wishes of jobs the backend of a service keeps. */
@Injectable()
export class WishesKept {
  constructor(private readonly backends: BackendRegistry) {}

  /** As far as is known now; asks nobody. */
  now(service: string): KeptWishes {
    const { walltime, resources } = this.backends.of(service)?.capabilities(service) ?? {
      walltime: null,
      resources: null,
    };
    return { walltime, resources };
  }

  /**
   * Asks a backend that is not known to keep a walltime: it may have been reached never, or been replaced by one that
   * does. One that does not answer in time is what it was; one that was never reached refuses nothing.
   */
  async ask(service: string): Promise<KeptWishes> {
    const backend = this.backends.of(service);
    if (backend && this.now(service).walltime !== true) {
      const isOver = new AbortController();
      // Not aborted when the time is over: others may wait for the same answer.
      const answer = backend.ready(service, new AbortController().signal).catch(() => undefined);
      await Promise.race([answer, delay(ASK_MS, isOver.signal)]);
      isOver.abort();
    }
    return this.now(service);
  }
}
