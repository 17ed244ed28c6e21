import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many bytes of dead buffers may lie about. */
const SWEEP_EVERY_BYTES = 16 * 1024 * 1024;

/**
 * Frees dead buffers within the collection, not by a thread behind it: on a busy machine that one comes so late that
 * twice as much lies about. Takes no more CPU.
 */
const SWEEP_AT_ONCE = '--no-concurrent-array-buffer-sweeping';

type Collect = (options: { type: 'minor' }) => void;

let collect: Collect | undefined;
let passed = 0;

/**
 * Says that buffers of so many bytes have been streamed and are garbage. Each piece that comes from a socket or a file is
 * a buffer of its own outside V8's heap, which sees only some hundred bytes of it: left alone it lets 60 to 110 MB lie
 * before it looks (Node 20 and 24). A look at the young objects takes a fraction of a millisecond.
 */
export function buffersPassed(bytes: number): void {
  passed += bytes;
  if (passed >= SWEEP_EVERY_BYTES) {
    passed = 0;
    collect ??= exposeCollector();
    collect({ type: 'minor' });
  }
}

/** V8's own function, which it shows only on request. */
function exposeCollector(): Collect {
  setFlagsFromString(SWEEP_AT_ONCE);
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
