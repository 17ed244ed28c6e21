/**
 * What the shell reader finds, and whom it tells. The script is read as one character a byte (latin1), so characters
 * above U+00FF are free: two of them enclose an expansion inside the text of a word.
 *
 * Expansions are not carried out, only found: `"$HOME/x y"` is one word whose text is the mark of HOME and `/x y`.
 */

/** Encloses what stood behind the dollar sign: the variable's name, or nothing for a command, a calculation, `$?`... */
export const MARK_OPEN = '\uE000';
export const MARK_CLOSE = '\uE001';
/** An expansion of which no more is known. */
export const UNKNOWN = MARK_OPEN + MARK_CLOSE;

/** A word after quote removal. */
export interface Word {
  /** One character a byte; expansions between marks. */
  readonly text: string;
  /** Byte offset in run.sh. */
  readonly offset: number;
  /** Written without quotes, escapes and expansions: may be a keyword. */
  readonly literal: boolean;
}

/** What ended a simple command; the empty string stands for everything else. */
export type CommandEnd = '|' | '&' | '';

/** Is told what the reader finds, in the order of the text; inner commands come before the one that contains them. */
export interface ShellVisitor {
  /** Any word but text: heredocs and patterns of `case` are left out. `command` is the name before an argument. */
  word(word: Word, command: string | undefined): void;
  /** A variable is expanded, quoted or not. */
  variable(name: string, offset: number): void;
  /** A simple command without its assignments and redirections; answers which of its words are scripts themselves. */
  command(words: readonly Word[], end: CommandEnd): readonly Word[];
  functionHead(name: string): void;
  /** `{` and `}`. */
  group(isOpening: boolean): void;
  /** Start and end of commands that can't change the shell around them. */
  subshell(isOpening: boolean): void;
  /** Nesting that no real script has: what follows the offset is not read. */
  tooNested(offset: number): void;
}
