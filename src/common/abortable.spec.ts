import { abortable } from './abortable';

it('rejects at once when the signal has aborted, and leaves no failure of the work behind unseen', async () => {
  const unseen: unknown[] = [];
  const note = (reason: unknown) => unseen.push(reason);
  process.on('unhandledRejection', note);
  try {
    const work = new Promise<never>((_, reject) => setImmediate(() => reject(new Error('later'))));
    await expect(abortable(work, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(unseen).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});

it('gives what the work gives, or the reason of an abort that comes first', async () => {
  const { signal } = new AbortController();
  await expect(abortable(Promise.resolve(1), signal)).resolves.toBe(1);
  const stop = new AbortController();
  const waiting = abortable(new Promise<never>(() => undefined), stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
