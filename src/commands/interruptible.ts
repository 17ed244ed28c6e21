import { InterruptedError } from './command.errors';

/**
 * Runs work that Ctrl-C (or SIGTERM) ends: its signal aborts, and the command says where it stopped and how to go on.
 * @param howToGoOn asked at that moment
 * @throws InterruptedError
 */
export async function interruptible<T>(howToGoOn: () => string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const result = await work(interrupt.signal);
    if (interrupt.signal.aborted) {
      throw new InterruptedError(howToGoOn());
    }
    return result;
  } catch (error) {
    throw interrupt.signal.aborted && !(error instanceof InterruptedError)
      ? new InterruptedError(howToGoOn(), { cause: error })
      : error;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
