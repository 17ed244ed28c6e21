/** Size of one write to disk: larger ones gain nothing, smaller ones cost trips to the thread pool. */
export const BLOCK_BYTES = 256 * 1024;

/** Blocks kept for the next form. Any number can be in use. */
const MAX_IDLE_BLOCKS = 16;

const idle: Buffer[] = [];

/** A buffer of BLOCK_BYTES, contents undefined. Shared by all forms, because fresh memory costs more than the copying. */
export function takeBlock(): Buffer {
  return idle.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Gives a block back, once nothing reads or writes it any more. */
export function returnBlock(block: Buffer): void {
  if (idle.length < MAX_IDLE_BLOCKS) {
    idle.push(block);
  }
}
