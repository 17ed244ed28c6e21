import { checkCommand, hasRules, isShell, scriptArgument } from './command-rules';
import { type Place, placeAfter } from './outside-directory';
import { type CommandEnd, type ShellVisitor, type Word } from './shell-visitor';
import { pathRulesIn, variableRule } from './word-rules';
import { baseName, commandIndex, findCommands } from './wrappers';

export const STRUCTURE_RULE_NAMES: readonly string[] = ['base64-shell', 'fork-bomb', 'too-nested'];

/** Their arguments are text for people; no path in it is opened. */
const TEXT_COMMANDS = new Set(['echo', 'printf']);
/** `find -exec find -exec ...`: deeper ones are let go. */
const MAX_FIND_LEVELS = 4;

/** A rule that the script breaks. */
export interface Finding {
  readonly rule: string;
  /** Byte offset in run.sh. */
  readonly offset: number;
  /** What was found, in the form of a word's text. */
  readonly found: string;
}

/** What is remembered of the shell that runs a command. */
interface ShellContext {
  readonly directory: Place;
  /** Bare name of the command whose output the next one reads. */
  readonly pipedFrom: string | null;
  readonly hasBase64: boolean;
}

/** Applies the rules to what the reader finds; keeps the first finding. */
export class ScriptInspector implements ShellVisitor {
  finding: Finding | null = null;

  private context: ShellContext = { directory: 0, pipedFrom: null, hasBase64: false };
  private readonly outer: ShellContext[] = [];
  private readonly functions = new Set<string>();
  private body: { readonly name: string; readonly level: number } | null = null;
  private level = 0;

  constructor(private readonly allowed: ReadonlySet<string>) {}

  word(word: Word, command: string | undefined): void {
    if (this.finding === null && !(command !== undefined && TEXT_COMMANDS.has(command))) {
      for (const rule of pathRulesIn(word.text)) {
        this.report(rule, word.offset, word.text);
      }
    }
  }

  variable(name: string, offset: number): void {
    const rule = variableRule(name);
    if (rule !== undefined) {
      this.report(rule, offset, `$${name}`);
    }
  }

  command(words: readonly Word[], end: CommandEnd): readonly Word[] {
    const index = commandIndex(words);
    const command = words[index];
    const name = baseName(command?.text ?? '');
    const { pipedFrom, hasBase64, directory } = this.context;
    if (command !== undefined && this.isForkBomb(words, end, pipedFrom)) {
      this.report('fork-bomb', command.offset, command.text);
    }
    if (command !== undefined && hasBase64 && isShell(name)) {
      this.report('base64-shell', command.offset, command.text);
    }
    const isFunction = index === 0 && this.functions.has(command?.text ?? '');
    const scripts = isFunction ? [] : this.inspect(words, index, MAX_FIND_LEVELS);
    if (end === '' && (name === 'cd' || name === 'pushd' || name === 'popd')) {
      const args = words.slice(index + 1).map(({ text }) => text);
      this.context = { directory: placeAfter(name, args, directory), pipedFrom: null, hasBase64: false };
    } else if (end === '|') {
      const isBase64 = hasBase64 || name === 'base64';
      this.context = { directory, pipedFrom: words[0]?.text ?? null, hasBase64: isBase64 };
    } else if (pipedFrom !== null) {
      this.context = { directory, pipedFrom: null, hasBase64: false };
    }
    return scripts;
  }

  functionHead(name: string): void {
    this.functions.add(name);
    this.body ??= { name, level: this.level };
  }

  group(isOpening: boolean): void {
    this.nest(isOpening);
  }

  subshell(isOpening: boolean): void {
    this.nest(isOpening);
    if (isOpening) {
      this.outer.push(this.context);
      this.context = { ...this.context, pipedFrom: null, hasBase64: false };
    } else {
      this.context = this.outer.pop() ?? this.context;
    }
  }

  tooNested(offset: number): void {
    this.report('too-nested', offset, 'nested commands');
  }

  /** Notices the end of a function's body. */
  private nest(isOpening: boolean): void {
    this.level = Math.max(0, this.level + (isOpening ? 1 : -1));
    if (!isOpening && this.body !== null && this.level <= this.body.level) {
      this.body = null;
    }
  }

  /** Checks the command at `index` and those that it runs; answers the scripts among its arguments. */
  private inspect(words: readonly Word[], index: number, findLevels: number): readonly Word[] {
    const command = words[index];
    const name = baseName(command?.text ?? '');
    if (command === undefined || !hasRules(name)) {
      return [];
    }
    const args = words.slice(index + 1);
    const breach = checkCommand(name, command, args, this.context.directory);
    if (breach !== null) {
      const { rule, word } = breach;
      this.report(rule, word.offset, word === command ? word.text : `${name} ${word.text}`);
    }
    if (name === 'find' && findLevels > 0) {
      return findCommands(args).flatMap((inner) => this.inspect(inner, commandIndex(inner), findLevels - 1));
    }
    const script = scriptArgument(name, args);
    return script === undefined ? [] : [script];
  }

  /** In the body of a function: a bare call of itself that is piped to itself, or left in the background. */
  private isForkBomb(words: readonly Word[], end: CommandEnd, pipedFrom: string | null): boolean {
    const name = words[0]?.text;
    return words.length === 1 && name === this.body?.name && (end === '&' || pipedFrom === name);
  }

  private report(rule: string, offset: number, found: string): void {
    if (this.finding === null && !this.allowed.has(rule)) {
      this.finding = { rule, offset, found };
    }
  }
}
