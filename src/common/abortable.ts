/** The promise, or a rejection with the signal's reason as soon as that aborts. What the promise stands for goes on. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // However it ends: nobody may be left to see it fail.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
