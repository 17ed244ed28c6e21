import { ExpansionReader, joined } from './shell-expansions';
import { UNKNOWN, type Word } from './shell-visitor';

const RUN_ENDS = new Uint8Array(128);
for (const character of ' \t\r\n"\'\\$`;&|()<>') {
  RUN_ENDS[character.charCodeAt(0)] = 1;
}

/** Reads whole words. */
export abstract class WordReader extends ExpansionReader {
  /** Does a word start here? (`<(` and `>(` do start one.) */
  protected isAtWord(): boolean {
    const character = this.text[this.pos];
    if (character === '<' || character === '>') {
      return this.text[this.pos + 1] === '(';
    }
    return character !== undefined && !'\n;&|()'.includes(character);
  }

  /** Called where `isAtWord`. */
  protected readWord(): Word {
    const start = this.pos;
    let text = '';
    let literal = true;
    let patterns = 0; // open parentheses of !(a|b)
    for (;;) {
      text = joined(text, this.readRun());
      const character = this.text[this.pos];
      if (character === undefined || character === '\n') {
        break;
      } else if ('\\\'"$`'.includes(character)) {
        literal = false;
        text = joined(text, this.readSpecial(character));
      } else if ((character === '<' || character === '>') && this.text[this.pos + 1] === '(') {
        literal = false;
        text = joined(text, UNKNOWN);
        this.pos += 2;
        this.readSubshell();
      } else if (character === '(' && (patterns > 0 || this.isPatternList(start))) {
        patterns++;
        text = joined(text, this.take());
      } else if (patterns > 0) {
        patterns -= character === ')' ? 1 : 0;
        text = joined(text, this.take());
      } else {
        break;
      }
    }
    return { text, offset: this.place(start), literal };
  }

  /** Does the parenthesis here belong to a pattern such as `!(a|b)`, in a word that began at `start`? */
  private isPatternList(start: number): boolean {
    return this.pos > start && '?*+@!'.includes(this.text[this.pos - 1] ?? ' ');
  }

  private readRun(): string {
    const start = this.pos;
    while (this.pos < this.text.length && RUN_ENDS[this.text.charCodeAt(this.pos)] !== 1) {
      this.pos++;
    }
    return this.text.slice(start, this.pos);
  }
}
