/**
 * The sanity check of a job's run.sh: a reading of the script as bash reads it, so that commands are told from text.
 * No sandbox: it finds mistakes and plain abuse, and whoever wants to get around it can (`c=curl; $c ...`).
 *
 * What counts:
 * - A command where bash would run one, by its base name, also behind `env`, `nohup`, `xargs`, `find -exec`..., inside
 *   substitutions, `bash -c '...'` and `trap '...'`. A function that the script defines under such a name is its own.
 * - Paths in every word, quoted or not, and in redirections. Not in comments, heredocs, here-strings, patterns of `case`
 *   and arguments of `echo` and `printf`: nothing opens a path there. Only where a path starts: `data/proc/` is fine.
 * - Variables wherever bash expands them, heredocs with an unquoted delimiter included.
 * - `rm` as far as `outside-directory.ts` can tell where it leads.
 *
 * The rejected alternative, patterns over the raw text, refuses `curl.log` and lets `x=$(curl ...)` depend on spaces.
 */
import { constants, isUtf8 } from 'node:buffer';
import { COMMAND_RULE_NAMES } from './command-rules';
import { ScriptInspector, STRUCTURE_RULE_NAMES } from './script-inspector';
import { ShellReader } from './shell-reader';
import { MARK_CLOSE, MARK_OPEN } from './shell-visitor';
import { WORD_RULE_NAMES } from './word-rules';

const MAX_SCRIPT_BYTES = 20 * 1024 * 1024;
const MAX_SHOWN = 60;

export interface ScriptFilterOptions {
  /** `false`: nothing at all is refused. */
  readonly enabled: boolean;
  /** Names of rules that are switched off. */
  readonly allow: readonly string[];
  /** The variable by which an operator allows a rule, for the text of a refusal. Default: SCRIPT_FILTER_ALLOW. */
  readonly allowVariable?: string;
}

export interface ScriptRefusal {
  /** One of SCRIPT_RULE_NAMES. */
  readonly rule: string;
  /** From 1; null: the rule is about the whole script. */
  readonly line: number | null;
  /** For the user: which rule, which line, what was found, how an operator can allow it. */
  readonly message: string;
}

/** Names of all rules, for validating SCRIPT_FILTER_ALLOW. They are public: operators write them down. */
export const SCRIPT_RULE_NAMES: readonly string[] = [
  ...['too-large', 'not-utf8'],
  ...STRUCTURE_RULE_NAMES,
  ...COMMAND_RULE_NAMES,
  ...WORD_RULE_NAMES,
];

/**
 * The first rule that the script breaks; null: it may run. Never throws, and takes time in proportion to the script
 * (20 MiB: about a second, during which nothing else runs).
 */
export function checkScript(script: Buffer, options: ScriptFilterOptions): ScriptRefusal | null {
  if (!options.enabled) {
    return null;
  }
  const allowed = new Set(options.allow);
  const refusal = (rule: string, line: number | null, reason: string) =>
    refusalOf(rule, line, reason, options.allowVariable ?? 'SCRIPT_FILTER_ALLOW');
  if (script.length > MAX_SCRIPT_BYTES && !allowed.has('too-large')) {
    const size = (script.length / (1024 * 1024)).toFixed(1);
    return refusal('too-large', null, `it has ${size} MiB, more than 20 MiB`);
  }
  if (!isUtf8(script) && !allowed.has('not-utf8')) {
    return refusal('not-utf8', null, 'it is not UTF-8 text');
  }
  const inspector = new ScriptInspector(allowed);
  ShellReader.read(textOf(script), inspector);
  const { finding } = inspector;
  return finding && refusal(finding.rule, lineAt(script, finding.offset), `it contains ${shown(finding.found)}`);
}

/** One character a byte; the mark of byte order, which bash would trip over, is taken for a blank line's worth. */
function textOf(script: Buffer): string {
  const text = script.toString('latin1', 0, constants.MAX_STRING_LENGTH);
  return text.startsWith('\xEF\xBB\xBF') ? `   ${text.slice(3)}` : text;
}

function refusalOf(rule: string, line: number | null, reason: string, variable: string): ScriptRefusal {
  const where = line === null ? 'run.sh' : `run.sh, line ${line}`;
  const message =
    `${where}: refused by the script filter's rule "${rule}": ${reason}. ` +
    `The executor's operator can allow it with ${variable}=${rule}`;
  return { rule, line, message };
}

function lineAt(script: Buffer, offset: number): number {
  let line = 1;
  for (let at = script.indexOf(10); at >= 0 && at < offset; at = script.indexOf(10, at + 1)) {
    line++;
  }
  return line;
}

/** A word for people: short, its expansions readable, no control characters. */
function shown(text: string): string {
  const short = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
  const readable = short
    .replaceAll(MARK_OPEN + MARK_CLOSE, '$(...)')
    .replaceAll(MARK_OPEN, '${')
    .replaceAll(MARK_CLOSE, '}');
  return JSON.stringify(Buffer.from(readable, 'latin1').toString('utf8'));
}
