import { BadFormError } from './multipart-errors';
import { quoted } from './file-name';

const CR = 13;
const LF = 10;
const COLON = 58;

/** Of one part: the bytes of its header lines, and their number. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADER_LINES = 64;

/** A header line of a part. The value stays bytes: what they encode depends on the header. */
export interface PartHeader {
  /** In lower case. */
  readonly name: string;
  readonly value: Buffer;
}

/**
 * Collects the header lines of one part, however they are cut into chunks.
 * A line ends by CRLF. An LF alone is part of the line: in the quotes of a file name it makes a bad file name.
 */
export class HeaderBlock {
  private readonly headers: PartHeader[] = [];
  private pieces: Buffer[] = [];
  private bytes = 0;
  private endsInCr = false;

  /** @param part number of the part in its form, from 1, for messages */
  constructor(private readonly part: number) {}

  /**
   * Reads from `position` on; returns where the block ended (behind its empty line), or -1 if it goes on in the next chunk.
   * @throws BadFormError naming the part
   */
  feed(data: Buffer, position: number): number {
    let start = position;
    for (let from = position; ;) {
      const lf = data.indexOf(LF, from);
      if (lf === -1) {
        break;
      }
      from = lf + 1;
      const isEnd = lf > start ? data[lf - 1] === CR : this.endsInCr;
      if (isEnd) {
        this.keep(data.subarray(start, from));
        start = from;
        if (this.endLine()) {
          return from;
        }
      }
    }
    this.keep(data.subarray(start));
    return -1;
  }

  /** What `feed` read, once it has reported the end. */
  take(): readonly PartHeader[] {
    return this.headers;
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) {
      return;
    }
    this.bytes += piece.length;
    if (this.bytes > MAX_HEADER_BYTES) {
      throw new BadFormError(`the header of part ${this.part} is longer than ${MAX_HEADER_BYTES} bytes`);
    }
    this.pieces.push(piece);
    this.endsInCr = piece[piece.length - 1] === CR;
  }

  /** Whether the line was the empty one that ends the block. */
  private endLine(): boolean {
    const [first] = this.pieces;
    const whole = this.pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.pieces);
    const line = whole.subarray(0, -2);
    this.pieces = [];
    this.endsInCr = false;
    if (line.length === 0) {
      return true;
    }
    if (this.headers.length === MAX_HEADER_LINES) {
      throw new BadFormError(`part ${this.part} has more than ${MAX_HEADER_LINES} header lines`);
    }
    this.addLine(line);
    return false;
  }

  private addLine(line: Buffer): void {
    const isFolded = line[0] === 32 || line[0] === 9;
    const previous = this.headers.at(-1);
    if (isFolded && previous !== undefined) {
      this.headers[this.headers.length - 1] = { name: previous.name, value: Buffer.concat([previous.value, line]) };
      return;
    }
    const colon = line.indexOf(COLON);
    const name = line.toString('latin1', 0, Math.max(colon, 0)).trimEnd().toLowerCase();
    if (isFolded || name === '' || /[^\x21-\x7e]/.test(name)) {
      throw new BadFormError(`part ${this.part} has a header line without a name: ${quoted(line.toString('latin1'))}`);
    }
    if (name !== 'content-disposition' && line.includes(LF)) {
      throw new BadFormError(`part ${this.part} has a header line that is ended by LF alone: CRLF is needed`);
    }
    this.headers.push({ name, value: line.subarray(colon + 1) });
  }
}
