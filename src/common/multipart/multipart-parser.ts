// A push parser of multipart/form-data (RFC 7578, RFC 2046) without I/O. Own code, because the parsers at hand pass over
// parts that they cannot read, so that a file of a job would be missing without a word; and because they cost two
// streams a part, which 10,000 small files feel.
import { BadFormError } from './multipart-errors';
import { HeaderBlock, type PartHeader } from './header-block';

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const DASH = 45;

/** Takes the body of one part. What it throws comes out of the parser's `feed`. */
export interface PartSink {
  /** The next bytes: a view into the chunk that was fed, to be copied by whoever keeps it. */
  data(chunk: Buffer): void;
  /** The part is whole. */
  end(): void;
}

/** Told of each part as its header block is complete. What it throws comes out of the parser's `feed`. */
export interface MultipartHandler {
  /** @param part number of the part in its form, from 1 */
  onPart(headers: readonly PartHeader[], part: number): PartSink;
}

/** Where the parser is. `boundary`: behind a delimiter, before the end of its line. */
type State = 'preamble' | 'boundary' | 'header' | 'body' | 'epilogue';

/**
 * Reads a multipart body that comes in chunks of any cut. Preamble and epilogue are ignored. Time is linear in the bytes
 * fed, whatever they are; memory is bounded by the limits of a header block.
 * After an error the parser must not be fed again.
 */
export class MultipartParser {
  /** CRLF, two dashes, boundary. CR occurs at its start only, so a failed match never hides the start of another. */
  private readonly delimiter: Buffer;
  private state: State = 'preamble';
  /** Bytes of the delimiter that the last chunk ended in. The start of a body counts as a line's start: CRLF is matched. */
  private matched = 2;
  /** How many of `matched` were never in the body. */
  private imagined = 2;
  /** What came behind a delimiter, as far as it decides what follows. */
  private behind: 'nothing' | 'dash' | 'padding' | 'cr' = 'nothing';
  private part = 0;
  private header = new HeaderBlock(0);
  private sink: PartSink | undefined;

  /** @param boundary as in Content-Type, without the dashes, printable ASCII */
  constructor(
    boundary: string,
    private readonly handler: MultipartHandler,
  ) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  }

  /** @throws BadFormError saying what is wrong, and in which part; and whatever the handler throws */
  feed(data: Buffer): void {
    let position = 0;
    while (position < data.length) {
      switch (this.state) {
        case 'preamble':
        case 'body':
          position = this.readBody(data, position);
          break;
        case 'boundary':
          position = this.readBoundary(data, position);
          break;
        case 'header':
          position = this.readHeader(data, position);
          break;
        case 'epilogue':
          return;
      }
    }
  }

  /**
   * There are no more bytes.
   * @throws BadFormError if the form is not whole
   */
  end(): void {
    if (this.state === 'preamble') {
      throw new BadFormError('the form ended before its closing boundary: the boundary of Content-Type is not in it');
    }
    if (this.state !== 'epilogue') {
      throw new BadFormError(
        `the form ended before its closing boundary${this.part > 0 ? `, in part ${this.part}` : ''}`,
      );
    }
  }

  private readBody(data: Buffer, start: number): number {
    const { delimiter } = this;
    let position = start;
    if (this.matched > 0) {
      while (position < data.length && this.matched < delimiter.length && data[position] === delimiter[this.matched]) {
        position++;
        this.matched++;
      }
      if (this.matched === delimiter.length) {
        this.endBody();
        return position;
      }
      if (position === data.length) {
        return position;
      }
      // What was held back is content after all.
      this.emit(delimiter.subarray(this.imagined, this.matched));
      this.matched = this.imagined = 0;
    }
    const found = data.indexOf(delimiter, position);
    if (found !== -1) {
      this.emit(data.subarray(position, found));
      this.endBody();
      return found + delimiter.length;
    }
    this.matched = this.beginsAtEnd(data, position);
    this.emit(data.subarray(position, data.length - this.matched));
    return data.length;
  }

  /** How many bytes of the delimiter the chunk ends in. */
  private beginsAtEnd(data: Buffer, position: number): number {
    const from = Math.max(position, data.length - this.delimiter.length + 1);
    const cr = data.subarray(from).lastIndexOf(CR);
    if (cr === -1) {
      return 0;
    }
    const length = data.length - from - cr;
    return data.compare(this.delimiter, 0, length, from + cr) === 0 ? length : 0;
  }

  private emit(chunk: Buffer): void {
    if (chunk.length > 0) {
      this.sink?.data(chunk);
    }
  }

  private endBody(): void {
    const { sink } = this;
    this.sink = undefined;
    this.state = 'boundary';
    this.behind = 'nothing';
    sink?.end();
  }

  /** Behind a delimiter: two dashes close the form; else blanks may follow, and CRLF begins a part. */
  private readBoundary(data: Buffer, start: number): number {
    for (let position = start; position < data.length; position++) {
      const byte = data[position];
      if (this.behind === 'nothing' && byte === DASH) {
        this.behind = 'dash';
      } else if (this.behind === 'dash' && byte === DASH) {
        this.state = 'epilogue';
        return data.length;
      } else if (this.behind === 'cr' && byte === LF) {
        this.beginPart();
        return position + 1;
      } else if (this.behind === 'dash' || this.behind === 'cr') {
        throw this.badBoundary();
      } else if (byte === CR) {
        this.behind = 'cr';
      } else if (byte === SPACE || byte === TAB) {
        this.behind = 'padding';
      } else if (byte === LF) {
        throw new BadFormError('the lines of the form end by LF alone: CRLF is needed');
      } else {
        throw this.badBoundary();
      }
    }
    return data.length;
  }

  private badBoundary(): BadFormError {
    const where = this.part === 0 ? 'the first boundary' : `the boundary behind part ${this.part}`;
    return new BadFormError(`${where} is followed by neither a line end nor two dashes`);
  }

  private beginPart(): void {
    this.part++;
    this.header = new HeaderBlock(this.part);
    this.state = 'header';
  }

  private readHeader(data: Buffer, start: number): number {
    const end = this.header.feed(data, start);
    if (end === -1) {
      return data.length;
    }
    this.state = 'body';
    this.matched = this.imagined = 2;
    this.sink = this.handler.onPart(this.header.take(), this.part);
    return end;
  }
}
