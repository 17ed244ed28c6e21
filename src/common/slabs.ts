const SLAB_BYTES = 64 * 1024;

/**
 * The same bytes in pieces of a useful size: small ones are gathered, large ones pass as they are. A zip of small files
 * is made of pieces of some 50 bytes, and each would cost a write of its own further down.
 */
export async function* inSlabs(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  let used = 0;
  for await (const piece of pieces) {
    if (used + piece.length > SLAB_BYTES) {
      if (used > 0) {
        yield slab.subarray(0, used);
        slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
        used = 0;
      }
      if (piece.length >= SLAB_BYTES) {
        yield piece;
        continue;
      }
    }
    used += piece.copy(slab, used);
  }
  if (used > 0) {
    yield slab.subarray(0, used);
  }
}
