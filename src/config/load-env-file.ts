/**
 * The `.env` file of the working directory, read as Node's `process.loadEnvFile` does. Node's parser skips or joins
 * lines that it cannot read (20.20 takes the lines `DB_PATH` and `PORT=1` for one variable of a name with a line break),
 * so the file's form is checked first.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { messageOf } from '../common/errors';
import { ConfigError } from './config-error';

/**
 * Adds the variables of `.env` to `env`; those that `env` has already stay as they are.
 * @returns whether there is such a file
 * @throws ConfigError the file is there but cannot be read, or a line is not `NAME=value`; `env` is unchanged then
 */
export function loadEnvFile(
  directory: string = process.cwd(),
  env: Record<string, string | undefined> = process.env,
): boolean {
  const file = join(directory, '.env');
  const text = readText(file);
  if (text === null) {
    return false;
  }
  const faults = faultsOf(text).map(({ line, problem }) => `${file} line ${line}: ${problem}`);
  if (faults.length > 0) {
    throw new ConfigError(faults);
  }
  for (const [name, value] of Object.entries(parseEnv(text))) {
    env[name] ??= value;
  }
  return true;
}

/** Null when there is no such file. */
function readText(file: string): string | null {
  let bytes: Buffer;
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) {
      return null;
    }
    // Opening a FIFO would hold up the start for ever.
    if (!found.isFile()) {
      throw new ConfigError([`${file}: not a file`]);
    }
    bytes = readFileSync(file);
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError([`${file}: ${messageOf(error)}`], { cause: error });
  }
  if (!isUtf8(bytes)) {
    throw new ConfigError([`${file}: not UTF-8 text`]);
  }
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

interface Fault {
  readonly line: number;
  /** Without the line's text: it may hold a secret. */
  readonly problem: string;
}

function faultsOf(text: string): readonly Fault[] {
  const faults: Fault[] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]?.trim() ?? '';
    const first = at + 1;
    if (line === '' || line.startsWith('#')) {
      continue;
    }
    const value = /^(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/.exec(line)?.[1];
    if (value === undefined || value.includes('\0')) {
      faults.push({ line: first, problem: 'not NAME=value' });
      continue;
    }
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined) {
      continue;
    }
    let rest = value.slice(1);
    while (!rest.includes(quote) && at < lines.length - 1) {
      rest = lines[++at] ?? '';
    }
    const end = rest.indexOf(quote);
    if (end < 0) {
      faults.push({ line: first, problem: `its quote ${quote} is never closed` });
    } else if (!/^\s*(#.*)?$/.test(rest.slice(end + 1))) {
      faults.push({ line: at + 1, problem: `text behind the closing quote ${quote}` });
    }
  }
  return faults;
}
