import { abortable } from './abortable';

const REASON = new Error('enough');

describe('abortable', () => {
  it('gives what the work gives, or its error', async () => {
    const { signal } = new AbortController();
    await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(abortable(Promise.reject(REASON), signal)).rejects.toBe(REASON);
  });

  it.each(['before', 'meanwhile'])('rejects with the reason of a signal that aborted %s', async (when) => {
    const stop = new AbortController();
    if (when === 'before') {
      stop.abort(REASON);
    }
    const waiting = abortable(new Promise(() => undefined), stop.signal);
    stop.abort(REASON);
    await expect(waiting).rejects.toBe(REASON);
  });

  it.each(['before', 'meanwhile'])('lets nobody hear of an error of work that was given up %s', async (when) => {
    const unheard: unknown[] = [];
    const hear = (error: unknown) => unheard.push(error);
    process.on('unhandledRejection', hear);
    const stop = new AbortController();
    let fail = (_: Error): void => undefined;
    const work = new Promise<void>((_, reject) => (fail = reject));
    if (when === 'before') {
      stop.abort(REASON);
    }
    const waiting = abortable(work, stop.signal);
    stop.abort(REASON);
    fail(new Error('too late'));
    await expect(waiting).rejects.toBe(REASON);
    await new Promise(setImmediate);
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });
});
