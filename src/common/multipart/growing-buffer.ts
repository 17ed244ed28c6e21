/** Bytes kept in one piece as they come: a list of chunks would cost a hundred times their size where each is one byte. */
export class GrowingBuffer {
  private bytes = Buffer.alloc(0);
  private used = 0;

  /** How many bytes were appended. */
  get length(): number {
    return this.used;
  }

  append(chunk: Buffer): void {
    const needed = this.used + chunk.length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
      this.bytes.copy(larger, 0, 0, this.used);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.used);
    this.used = needed;
  }

  /** A view, good until the next `append`. */
  view(): Buffer {
    return this.bytes.subarray(0, this.used);
  }
}
