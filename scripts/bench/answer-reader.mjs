// Reads the answers of one HTTP/1.1 connection, one after the other. Made to cost little: the load generators share the
// machine with the programs that are measured. Bodies are counted and dropped, apart from their ends.

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
/** How much of the start of a body is kept: all of a StatusBody. */
const KEPT_START = 4096;
/** How much of its end: the last record of a zip. */
export const KEPT_END = 64;
const NOTHING = Buffer.alloc(0);

export class AnswerReader {
  #state = 'head';
  #pending = NOTHING; // of a head or of a chunk's line that came in pieces
  #left = 0;
  #answer = null;
  #lastHead = '';
  #lastParsed = null;

  /** @param onAnswer called with `{ status, type, isLast, bytes, start, end, headAt }` once the body is over */
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
  }

  /** Takes what came. It need not stay as it is afterwards. @throws Error when it isn't HTTP */
  take(data) {
    let rest = data;
    while (rest.length > 0) rest = this[this.#state](rest);
  }

  /** The connection is over. Whether that was the end of an answer, and no break. */
  close() {
    if (this.#state !== 'untilClose') return false;
    this.#finish();
    return true;
  }

  head(data) {
    const all = this.#joined(data);
    const end = all.indexOf(HEAD_END);
    if (end < 0) return this.#keep(all);
    // Within a second and for one state, all heads are the same text.
    const text = all.latin1Slice(0, end);
    if (text !== this.#lastHead) {
      this.#lastParsed = parseHead(text);
      this.#lastHead = text;
    }
    const { status, type, isLast, length } = this.#lastParsed;
    const rest = all.subarray(end + 4);
    if (status < 200) return rest;
    this.#answer = { status, type, isLast, bytes: 0, start: NOTHING, end: NOTHING, headAt: performance.now() };
    if (length === 'chunked') this.#state = 'chunkLine';
    else if (length === 'close') this.#state = 'untilClose';
    else {
      this.#state = 'body';
      this.#left = length;
      if (length === 0) this.#finish();
    }
    return rest;
  }

  body(data) {
    const rest = this.#drop(data);
    if (this.#left === 0) this.#finish();
    return rest;
  }

  untilClose(data) {
    this.#left = data.length;
    return this.#drop(data);
  }

  chunkLine(data) {
    const all = this.#joined(data);
    const end = all.indexOf(LINE_END);
    if (end < 0) return this.#keep(all);
    this.#left = Number.parseInt(all.latin1Slice(0, end), 16);
    if (Number.isNaN(this.#left)) throw new Error('the length of a chunk is no number');
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
    return all.subarray(end + 2);
  }

  chunk(data) {
    const rest = this.#drop(data);
    if (this.#left === 0) this.#state = 'chunkEnd';
    return rest;
  }

  chunkEnd(data) {
    const all = this.#joined(data);
    if (all.length < 2) return this.#keep(all);
    this.#state = 'chunkLine';
    return all.subarray(2);
  }

  trailer(data) {
    const all = this.#joined(data);
    const end = all.indexOf(LINE_END);
    if (end < 0) return this.#keep(all);
    if (end === 0) this.#finish();
    return all.subarray(end + 2);
  }

  #drop(data) {
    const length = Math.min(this.#left, data.length);
    const part = data.subarray(0, length);
    const answer = this.#answer;
    answer.bytes += length;
    if (answer.start.length < KEPT_START) {
      answer.start = Buffer.concat([answer.start, part.subarray(0, KEPT_START - answer.start.length)]);
    }
    // The end may have come in two parts.
    answer.end =
      length >= KEPT_END
        ? Buffer.from(part.subarray(length - KEPT_END))
        : Buffer.concat([answer.end, part]).subarray(-KEPT_END);
    this.#left -= length;
    return data.subarray(length);
  }

  #joined(data) {
    if (this.#pending.length === 0) return data;
    const all = Buffer.concat([this.#pending, data]);
    this.#pending = NOTHING;
    return all;
  }

  #keep(data) {
    this.#pending = Buffer.from(data);
    return NOTHING;
  }

  #finish() {
    const answer = this.#answer;
    this.#state = 'head';
    this.#answer = null;
    this.onAnswer(answer);
  }
}

function parseHead(text) {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1]);
  if (!status) throw new Error(`no answer of HTTP/1.1: ${text.slice(0, 80)}`);
  const field = (name) => new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(text)?.[1].trim();
  const isChunked = /chunked/i.test(field('transfer-encoding') ?? '');
  const hasNoBody = status === 204 || status === 304;
  const length = field('content-length');
  const framing = hasNoBody ? 0 : isChunked ? 'chunked' : length === undefined ? 'close' : Number(length);
  return {
    status,
    type: field('content-type') ?? '',
    isLast: framing === 'close' || /close/i.test(field('connection') ?? ''),
    length: framing,
  };
}
