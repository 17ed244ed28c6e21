/**
 * Quotes, escapes and expansions inside a word, and the texts that hold scripts of their own.
 * Never throws, whatever the text; unterminated things reach to its end.
 */
import { isCalculation } from './shell-calculation';
import { MARK_CLOSE, MARK_OPEN, type ShellVisitor, UNKNOWN } from './shell-visitor';

/** Real scripts nest a dozen levels; the limit keeps the recursion of the reader far from the end of the stack. */
const MAX_DEPTH = 100;
/** A script in a script (heredoc, backticks, `bash -c`) is read a second time: few levels keep the cost linear. */
const NESTED_SCRIPT_DEPTH = 8;
/** Longer operands of `${name...}` stand in no word: they would be looked at once a level of nesting. */
const MAX_OPERAND = 1000;

/** The kernel passes no longer argument to a command; without a bound, a word of millions of pieces takes 500 MB. */
const MAX_WORD = 128 * 1024;

/** The text of a word with its next piece. */
export function joined(text: string, piece: string): string {
  return text.length < MAX_WORD ? text + piece : text;
}

const NAME = /[A-Za-z_]\w*/y;

/** What ends a list of commands: a parenthesis, `;;` or `esac`, or only the end of the text. */
export type ListEnd = ')' | 'case' | 'text';

/** Reads what stands inside of words; a subclass reads the commands inside of substitutions. */
export abstract class ExpansionReader {
  protected pos = 0;

  constructor(
    protected readonly text: string,
    protected readonly visitor: ShellVisitor,
    /** From a position in `text` to an offset in run.sh. */
    protected readonly place: (pos: number) => number,
    private depth = 0,
  ) {}

  /** Reads up to `end` and past it; `esac`: a `case` has ended. */
  abstract readCommands(end: ListEnd): 'esac' | 'done';

  protected abstract nestedReader(text: string, place: (pos: number) => number, depth: number): ExpansionReader;

  /** Reads one more level down; too deep, the rest of this text is given up. */
  protected deeper<T>(read: () => T, otherwise: T): T {
    if (this.depth >= MAX_DEPTH) {
      this.visitor.tooNested(this.place(this.pos));
      this.pos = this.text.length;
      return otherwise;
    }
    this.depth++;
    const result = read();
    this.depth--;
    return result;
  }

  /** Reads a script that is part of this one. */
  protected readScript(text: string, offset: number): void {
    this.nestedReader(text, () => offset, this.depth + NESTED_SCRIPT_DEPTH).readCommands('text');
  }

  /** Finds the expansions in the text of a heredoc. */
  protected readHereText(start: number, end: number): void {
    const place = (pos: number) => this.place(start + pos);
    const depth = this.depth + NESTED_SCRIPT_DEPTH;
    this.nestedReader(this.text.slice(start, end), place, depth).readQuoted(undefined);
  }

  /** The commands of `(...)`, read from behind the parenthesis. */
  protected readSubshell(): void {
    this.visitor.subshell(true);
    this.readCommands(')');
    this.visitor.subshell(false);
  }

  protected take(): string {
    return this.text[this.pos++] ?? '';
  }

  protected readSpecial(character: string): string {
    switch (character) {
      case '\\':
        return this.readEscape();
      case "'":
        return this.readSingleQuoted();
      case '"':
        this.pos++;
        return this.readQuoted('"');
      case '`':
        return this.readBackticks();
      default:
        return this.readExpansion(false);
    }
  }

  private readEscape(): string {
    const lineEnd = this.lineContinuation();
    if (lineEnd > 0) {
      this.pos += lineEnd;
      return '';
    }
    this.pos++;
    return this.take();
  }

  /** Length of a backslash with a line end behind it; 0: something else stands here. */
  protected lineContinuation(): number {
    if (this.text[this.pos] !== '\\') {
      return 0;
    }
    return this.text[this.pos + 1] === '\n' ? 2 : this.text.startsWith('\r\n', this.pos + 1) ? 3 : 0;
  }

  private readSingleQuoted(): string {
    const end = this.text.indexOf("'", this.pos + 1);
    const text = this.text.slice(this.pos + 1, end < 0 ? this.text.length : end);
    this.pos = end < 0 ? this.text.length : end + 1;
    return text;
  }

  /** Text up to a double quote, or the whole of a heredoc. */
  readQuoted(end: '"' | undefined): string {
    let text = '';
    let start = this.pos;
    for (;;) {
      const character = this.text[this.pos];
      if (character === undefined || character === end) {
        text = joined(text, this.text.slice(start, this.pos));
        this.pos += character === undefined ? 0 : 1;
        return text;
      }
      if (character !== '\\' && character !== '$' && character !== '`') {
        this.pos++;
        continue;
      }
      text = joined(text, this.text.slice(start, this.pos));
      if (character !== '\\') {
        text = joined(text, character === '$' ? this.readExpansion(true) : this.readBackticks());
      } else if ('$`"\\\n\r'.includes(this.text[this.pos + 1] ?? ' ')) {
        text = joined(text, this.readEscape());
      } else {
        text = joined(text, this.take() + this.take());
      }
      start = this.pos;
    }
  }

  /** From a dollar sign on. */
  private readExpansion(isQuoted: boolean): string {
    const start = this.pos;
    const next = this.text[++this.pos] ?? '';
    if (next === '(') {
      if (this.text[this.pos + 1] === '(' && isCalculation(this.text, this.pos + 2)) {
        this.pos += 2;
        this.readCalculation();
      } else {
        this.pos++;
        this.readSubshell();
      }
      return UNKNOWN;
    }
    if (next === '{') {
      this.pos++;
      return this.deeper(() => this.readParameter(isQuoted), UNKNOWN);
    }
    if (!isQuoted && next === "'") {
      return this.readAnsiQuoted();
    }
    if (!isQuoted && next === '"') {
      this.pos++;
      return this.readQuoted('"');
    }
    const name = this.readName(start);
    if (name !== '') {
      return MARK_OPEN + name + MARK_CLOSE;
    }
    if (next !== '' && '0123456789?$!#@*-'.includes(next)) {
      this.pos++;
      return UNKNOWN;
    }
    return '$';
  }

  /** A variable's name, reported as an expansion; empty: none stands here. */
  private readName(start: number): string {
    NAME.lastIndex = this.pos;
    const name = NAME.exec(this.text)?.[0] ?? '';
    this.pos += name.length;
    if (name !== '') {
      this.visitor.variable(name, this.place(start));
    }
    return name;
  }

  /** `${...}` from behind the brace. */
  private readParameter(isQuoted: boolean): string {
    const start = this.pos;
    if (/[!#]/.test(this.text[this.pos] ?? '')) {
      this.pos++;
    }
    this.readName(start);
    this.readInner('}', isQuoted);
    const inner = this.text.slice(start, this.pos - 1);
    return inner.length > MAX_OPERAND ? UNKNOWN : MARK_OPEN + inner + MARK_CLOSE;
  }

  /** `((...))` from behind its parentheses. */
  protected readCalculation(): void {
    this.deeper(() => {
      this.readInner(')', true);
    }, undefined);
    this.pos += this.text[this.pos] === ')' ? 1 : 0;
  }

  /** Goes past the closing character, expansions on the way reported. */
  private readInner(close: ')' | '}', isQuoted: boolean): void {
    let parentheses = 0;
    while (this.pos < this.text.length) {
      const character = this.text[this.pos] ?? '';
      if (character === close && parentheses === 0) {
        this.pos++;
        return;
      }
      if (character === '\\') {
        this.pos += 2;
      } else if (character === '$' || character === '`' || character === '"' || (character === "'" && !isQuoted)) {
        this.readSpecial(character);
      } else {
        parentheses += close === '}' ? 0 : character === '(' ? 1 : character === ')' ? -1 : 0;
        this.pos++;
      }
    }
  }

  /** `$'...'`; its escapes stay as they are written. */
  private readAnsiQuoted(): string {
    const start = ++this.pos;
    while (this.pos < this.text.length && this.text[this.pos] !== "'") {
      this.pos += this.text[this.pos] === '\\' ? 2 : 1;
    }
    return this.text.slice(start, this.pos++);
  }

  private readBackticks(): string {
    const start = ++this.pos;
    while (this.pos < this.text.length && this.text[this.pos] !== '`') {
      this.pos += this.text[this.pos] === '\\' ? 2 : 1;
    }
    const body = this.text.slice(start, this.pos++);
    this.visitor.subshell(true);
    this.readScript(body.includes('\\') ? body.replace(/\\([`\\$])/g, '$1') : body, this.place(start));
    this.visitor.subshell(false);
    return UNKNOWN;
  }
}
