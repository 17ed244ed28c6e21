import { getEventListeners, setMaxListeners } from 'node:events';
import { backOff, delay } from './delay';

describe('delay', () => {
  it('waits as long as asked', async () => {
    const began = performance.now();
    await delay(60);
    expect(performance.now() - began).toBeGreaterThanOrEqual(55);
  });

  it('resolves at once, without an error, when its signal aborts or has aborted', async () => {
    const controller = new AbortController();
    const began = performance.now();
    const waiting = delay(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await waiting;
    await delay(60_000, controller.signal);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('leaves no listener behind on a signal that lives long', async () => {
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    await Promise.all(Array.from({ length: 20 }, () => delay(1, signal)));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('backOff', () => {
  const limits = { firstMs: 100, maxMs: 15_000 };

  it('doubles from attempt to attempt, up to the limit', () => {
    const waits = [1, 2, 3, 8, 9, 40, 5000].map((attempt) => backOff(attempt, limits, 1));
    expect(waits).toEqual([100, 200, 400, 12_800, 15_000, 15_000, 15_000]);
  });

  it('takes off up to a half at random, never more', () => {
    expect([backOff(1, limits, 0), backOff(1, limits, 0.5), backOff(40, limits, 0)]).toEqual([50, 75, 7_500]);
    const waits = Array.from({ length: 200 }, () => backOff(3, limits));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(200);
    expect(Math.max(...waits)).toBeLessThanOrEqual(400);
    expect(new Set(waits).size).toBeGreaterThan(100);
  });
});
