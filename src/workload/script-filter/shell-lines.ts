import { WordReader } from './shell-words';

interface Heredoc {
  readonly delimiter: string;
  readonly isIndented: boolean;
  readonly isQuoted: boolean;
}

/** Reads what stands between words and behind commands: blanks, comments, redirections, line ends with heredocs. */
export abstract class LineReader extends WordReader {
  private heredocs: Heredoc[] = [];

  protected skip(character: string): boolean {
    const isHere = this.text[this.pos] === character;
    this.pos += isHere ? 1 : 0;
    return isHere;
  }

  /** Blanks, comments and line continuations. A carriage return counts as a blank: scripts come from Windows too. */
  protected skipBlanks(): void {
    for (;;) {
      const character = this.text[this.pos];
      if (character === ' ' || character === '\t' || character === '\r') {
        this.pos++;
      } else if (character === '#') {
        const lineEnd = this.text.indexOf('\n', this.pos);
        this.pos = lineEnd < 0 ? this.text.length : lineEnd;
      } else if (this.lineContinuation() > 0) {
        this.pos += this.lineContinuation();
      } else {
        return;
      }
    }
  }

  /** Line ends as well. */
  protected skipLines(): void {
    this.skipBlanks();
    while (this.skip('\n')) {
      this.readHeredocs();
      this.skipBlanks();
    }
  }

  /** From the operator on. */
  protected readRedirection(): void {
    if (this.text.startsWith('<<', this.pos) && this.text[this.pos + 2] !== '<') {
      this.pos += 2;
      this.readHeredocHead();
      return;
    }
    const isHereString = this.text.startsWith('<<<', this.pos);
    while (this.pos < this.text.length && '<>&|'.includes(this.text[this.pos] ?? ' ') && !this.isAtWord()) {
      this.pos++;
    }
    this.skipBlanks();
    if (this.isAtWord()) {
      const word = this.readWord();
      if (!isHereString) {
        this.visitor.word(word, undefined);
      }
    }
  }

  private readHeredocHead(): void {
    const isIndented = this.skip('-');
    this.skipBlanks();
    if (this.isAtWord()) {
      const { text, literal } = this.readWord();
      this.heredocs.push({ delimiter: text, isIndented, isQuoted: !literal });
    }
  }

  /** Behind the end of a line: the texts of the heredocs that it announced. */
  protected readHeredocs(): void {
    const heredocs = this.heredocs;
    if (heredocs.length > 0) {
      this.heredocs = [];
      for (const heredoc of heredocs) {
        this.readHeredoc(heredoc);
      }
    }
  }

  private readHeredoc({ delimiter, isIndented, isQuoted }: Heredoc): void {
    const start = this.pos;
    let end = this.text.length;
    for (let at = start; at < this.text.length && end === this.text.length;) {
      const lineEnd = this.text.indexOf('\n', at);
      const next = lineEnd < 0 ? this.text.length : lineEnd + 1;
      let from = at;
      while (isIndented && this.text[from] === '\t') {
        from++;
      }
      if (this.text.startsWith(delimiter, from) && /^\r?\n?$/.test(this.text.slice(from + delimiter.length, next))) {
        end = at;
      }
      at = next;
      this.pos = next;
    }
    if (!isQuoted) {
      this.readHereText(start, end);
    }
  }
}
