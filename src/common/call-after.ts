/** What a timer of Node takes; longer ones fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back after a time of any length, which doesn't keep the program alive. Returns what takes the call back. */
export function callAfter(ms: number, callback: () => void): () => void {
  const deadline = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const arm = () => {
    const leftMs = deadline - performance.now();
    timer = setTimeout(leftMs > MAX_TIMER_MS ? arm : callback, Math.min(Math.max(leftMs, 0), MAX_TIMER_MS)).unref();
  };
  arm();
  return () => clearTimeout(timer);
}
