import { QuickCalls } from './quick-calls';
import { Semaphore } from './semaphore';

/**
 * Calls of a file system that may hang for hours, as network file systems do. None is made on the spot, where it would
 * stop the whole program. And of the thread pool, which databases, uploads and name look-ups need as well, they never
 * have more than so many threads: further calls wait until one of those has come back.
 */
export class RemoteCalls extends QuickCalls {
  override readonly isRemote = true;
  private readonly threads: Semaphore;

  /** @param width threads that calls may have at a time */
  constructor(width: number) {
    super(0);
    this.threads = new Semaphore(width);
  }

  override pooled<T>(work: () => Promise<T>): Promise<T> {
    return this.threads.run(work);
  }
}
