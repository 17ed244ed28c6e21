const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const SKIPPED = Buffer.from('{}');

/**
 * Reads a JSON object as it comes, without the value of its key `input`: the Rust client puts all that it was sent there,
 * which may be 400 MiB, and nobody needs it. Holds no more than the rest.
 */
export class LeanJson {
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private depth = 0;
  private isInString = false;
  private isEscaped = false;
  private isSkipping = false;
  /** What the last string at the top level was, as far as it matters: the key before a colon. */
  private word = '';

  constructor(private readonly maxBytes: number) {}

  /** @returns whether what is to be kept is still within its limit */
  feed(chunk: Buffer): boolean {
    let from = this.isSkipping ? -1 : 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      const wasSkipping = this.isSkipping;
      this.step(byte);
      if (!wasSkipping && this.isSkipping) {
        this.keep(chunk.subarray(from, at + 1));
        this.keep(SKIPPED);
      } else if (wasSkipping && !this.isSkipping) {
        from = at;
      }
    }
    if (!this.isSkipping) {
      this.keep(chunk.subarray(from));
    }
    return this.keptBytes <= this.maxBytes;
  }

  /** The value; `undefined` when it was no JSON. */
  value(): unknown {
    try {
      return JSON.parse(Buffer.concat(this.kept).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  private step(byte: number): void {
    if (this.isInString) {
      this.stepInString(byte);
    } else if (byte === QUOTE) {
      this.isInString = true;
      this.word = '';
    } else if (OPENING.has(byte)) {
      this.depth++;
    } else if (CLOSING.has(byte)) {
      this.depth--;
      this.isSkipping &&= this.depth >= 1;
    } else if (this.depth === 1 && byte === COLON) {
      this.isSkipping = this.word === 'input';
    } else if (this.depth === 1 && byte === COMMA) {
      this.isSkipping = false;
    }
  }

  private stepInString(byte: number): void {
    if (this.isEscaped) {
      this.isEscaped = false;
    } else if (byte === BACKSLASH) {
      this.isEscaped = true;
    } else if (byte === QUOTE) {
      this.isInString = false;
    } else if (this.depth === 1 && this.word.length < 8) {
      this.word += String.fromCharCode(byte);
    }
  }

  private keep(bytes: Buffer): void {
    // A copy: the chunk's memory is used again.
    this.kept.push(Buffer.from(bytes));
    this.keptBytes += bytes.length;
  }
}
