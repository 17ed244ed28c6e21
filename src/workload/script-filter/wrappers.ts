/** Commands that run another command, given behind their own options. */
import { type Word } from './shell-visitor';

interface Wrapper {
  /** Options whose value is the next word. */
  readonly valued: RegExp;
  /** Words between its options and the command. */
  readonly operands: number;
}

/** Short options that take a value, with the value not in the same word (`-n 5`, not `-n5`). */
const endingIn = (letters: string): RegExp => new RegExp(`^-[^-${letters}]*[${letters}]$`);

const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map([
  ['exec', { valued: endingIn('a'), operands: 0 }],
  ['command', { valued: endingIn(''), operands: 0 }],
  ['builtin', { valued: endingIn(''), operands: 0 }],
  ['env', { valued: endingIn('uCS'), operands: 0 }],
  ['time', { valued: endingIn('fo'), operands: 0 }],
  ['nice', { valued: endingIn('n'), operands: 0 }],
  ['ionice', { valued: endingIn('cn'), operands: 0 }],
  ['nohup', { valued: endingIn(''), operands: 0 }],
  ['setsid', { valued: endingIn(''), operands: 0 }],
  ['stdbuf', { valued: endingIn('ioe'), operands: 0 }],
  ['timeout', { valued: endingIn('ks'), operands: 1 }],
  ['taskset', { valued: endingIn(''), operands: 1 }],
  ['xargs', { valued: endingIn('adEILnPs'), operands: 0 }],
  ['busybox', { valued: endingIn(''), operands: 0 }],
]);

/** A command counts by its base name. */
export function baseName(path: string): string {
  return path.includes('/') ? path.slice(path.lastIndexOf('/') + 1) : path;
}

/** Index of the word that names what is run in the end; the number of words: nothing is. */
export function commandIndex(words: readonly Word[]): number {
  let at = 0;
  for (;;) {
    const name = baseName(words[at]?.text ?? '');
    const wrapper = WRAPPERS.get(name);
    if (wrapper === undefined) {
      return at;
    }
    at++;
    for (let option = words[at]?.text; option !== undefined && /^-./.test(option); option = words[at]?.text) {
      // `command -v curl` asks whether there is one.
      if (name === 'command' && /^-[vVp]*[vV]/.test(option)) {
        return words.length;
      }
      at += wrapper.valued.test(option) ? 2 : 1;
      if (option === '--') {
        break;
      }
    }
    while (name === 'env' && /^\w+=/.test(words[at]?.text ?? '')) {
      at++;
    }
    at += wrapper.operands;
  }
}

/** The commands that `find` runs: the words behind each `-exec` and its like. */
export function findCommands(args: readonly Word[]): readonly (readonly Word[])[] {
  const commands: (readonly Word[])[] = [];
  for (let at = 0; at < args.length; at++) {
    if (/^-(?:exec|ok)(?:dir)?$/.test(args[at]?.text ?? '')) {
      const start = at + 1;
      while (at < args.length && args[at]?.text !== ';' && args[at]?.text !== '+') {
        at++;
      }
      commands.push(args.slice(start, at));
    }
  }
  return commands;
}
