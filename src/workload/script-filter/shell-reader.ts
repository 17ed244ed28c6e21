/**
 * Simple commands of a shell script, and no more of the grammar than it takes to know where they start. Keywords are
 * known by their position, not checked for pairs: a script that bash would refuse is read as well as it goes.
 */
import { isCalculation } from './shell-calculation';
import { type ListEnd } from './shell-expansions';
import { LineReader } from './shell-lines';
import { type CommandEnd, type ShellVisitor, type Word } from './shell-visitor';

/** Behind these a command starts. */
const KEYWORDS = new Set('if then elif else fi while until do done ! { } coproc esac'.split(' '));
// The subscript is bounded, or a column of `a[` would be searched to the end of the text from every line.
const ASSIGNMENT = /[A-Za-z_]\w*(?:\[[^\]\n]{0,200}\])?\+?=/y;
/** The kernel takes no longer argument lists (2 MiB with the pointers, by default); so memory stays bounded. */
const MAX_KEPT_WORDS = 100_000;

/** Reads a script in one pass and tells `visitor` what it finds. */
export class ShellReader extends LineReader {
  static read(script: string, visitor: ShellVisitor): void {
    new ShellReader(script, visitor, (pos) => pos).readCommands('text');
  }

  protected override nestedReader(text: string, place: (pos: number) => number, depth: number): ShellReader {
    return new ShellReader(text, this.visitor, place, depth);
  }

  override readCommands(end: ListEnd): 'esac' | 'done' {
    return this.deeper(() => this.readList(end), 'done');
  }

  private readList(end: ListEnd): 'esac' | 'done' {
    let words: Word[] = [];
    const finish = (how: CommandEnd): void => {
      if (words.length > 0) {
        for (const script of this.visitor.command(words, how)) {
          this.readScript(script.text, script.offset);
        }
        words = [];
      }
    };
    for (;;) {
      this.skipBlanks();
      if (this.pos >= this.text.length) {
        finish('');
        return 'done';
      }
      if (words.length === 0 && this.text.startsWith('!(', this.pos)) {
        this.pos++;
      }
      if (this.isAtWord()) {
        words = this.readCommandWord(words);
        if (end === 'case' && words[0]?.literal === true && words[0].text === 'esac') {
          return 'esac';
        }
        words = words.length === 1 ? this.readKeyword(words) : words;
        continue;
      }
      switch (this.take()) {
        case '\n':
          finish('');
          this.readHeredocs();
          break;
        case ';':
          finish('');
          if (this.skipCaseEnd() && end === 'case') {
            return 'done';
          }
          break;
        case '&':
          if (this.text[this.pos] === '>') {
            this.readRedirection();
          } else {
            finish(this.skip('&') ? '' : '&');
          }
          break;
        case '|':
          finish(this.skip('|') ? '' : '|');
          this.skip('&');
          break;
        case '(':
          words = this.readParenthesis(words);
          break;
        case ')':
          finish('');
          if (end === ')') {
            return 'done';
          }
          break;
        default:
          this.pos--;
          this.readRedirection();
      }
    }
  }

  /** Adds the word that starts here to the command, unless it is an assignment or the number of a descriptor. */
  private readCommandWord(words: Word[]): Word[] {
    ASSIGNMENT.lastIndex = this.pos;
    const isAssignment = words.length === 0 && ASSIGNMENT.test(this.text);
    const word = this.readWord();
    const next = this.text[this.pos];
    if ((next === '<' || next === '>') && word.literal && /^\d+$/.test(word.text)) {
      return words;
    }
    this.visitor.word(word, words[0]?.text);
    if (next === '(' && this.text[this.pos - 1] === '=') {
      this.readArray();
    }
    if (!isAssignment && words.length < MAX_KEPT_WORDS) {
      words.push(word);
    }
    return words;
  }

  /** Deals with a first word that is no command; answers what there is of the command then. */
  private readKeyword(words: Word[]): Word[] {
    const [first] = words;
    if (first?.literal !== true) {
      return words;
    }
    switch (first.text) {
      case 'case':
        this.readCase();
        return [];
      case 'function':
        this.skipBlanks();
        if (this.isAtWord()) {
          this.visitor.functionHead(this.readWord().text);
        }
        return [];
      case '[[':
        this.readTest();
        return [];
      case '{':
      case '}':
        this.visitor.group(first.text === '{');
        return [];
      default:
        return KEYWORDS.has(first.text) ? [] : words;
    }
  }

  /** Behind an opening parenthesis: head of a function, calculation, or subshell. */
  private readParenthesis(words: Word[]): Word[] {
    const [first] = words;
    if (first !== undefined && first.text !== 'for') {
      this.skipBlanks();
      if (words.length === 1 && this.skip(')')) {
        this.visitor.functionHead(first.text);
        return [];
      }
    }
    if (this.text[this.pos] === '(' && isCalculation(this.text, this.pos + 1)) {
      this.pos++;
      this.readCalculation();
    } else {
      this.readSubshell();
    }
    return [];
  }

  /** `case`, from behind the keyword to behind its `esac`. */
  private readCase(): void {
    this.skipLines();
    if (!this.isAtWord()) {
      return;
    }
    this.visitor.word(this.readWord(), undefined);
    this.skipLines();
    if (!this.isAtWord() || this.readWord().text !== 'in') {
      return;
    }
    while (this.readPatterns() && this.readCommands('case') !== 'esac');
  }

  /** Patterns of a clause with their parenthesis; `false`: the `case` ends here. */
  private readPatterns(): boolean {
    this.skipLines();
    let mayEnd = !this.skip('(');
    while (this.pos < this.text.length) {
      this.skipLines();
      if (this.skip(')')) {
        return true;
      }
      if (!this.isAtWord()) {
        this.pos++;
      } else if (this.readWord().text === 'esac' && mayEnd) {
        return false;
      }
      mayEnd = false;
    }
    return false;
  }

  /** `[[ ... ]]` from behind the opening; operators in it start no command. */
  private readTest(): void {
    let parentheses = 0;
    for (;;) {
      this.skipLines();
      if (this.isAtWord()) {
        const word = this.readWord();
        if (word.literal && word.text === ']]') {
          return;
        }
        this.visitor.word(word, undefined);
        continue;
      }
      const character = this.text[this.pos];
      if (character === undefined || character === ';' || (character === ')' && parentheses === 0)) {
        return;
      }
      parentheses += character === '(' ? 1 : character === ')' ? -1 : 0;
      this.pos++;
    }
  }

  /** `(a b c)` behind `name=`. */
  private readArray(): void {
    this.pos++;
    for (;;) {
      this.skipLines();
      if (this.isAtWord()) {
        this.visitor.word(this.readWord(), undefined);
      } else if (this.take() === ')' || this.pos >= this.text.length) {
        return;
      }
    }
  }

  /** Behind a semicolon: the rest of `;;`, `;&` or `;;&`. */
  private skipCaseEnd(): boolean {
    const isDouble = this.skip(';');
    return this.skip('&') || isDouble;
  }
}
