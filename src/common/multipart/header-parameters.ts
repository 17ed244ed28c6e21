import { BadFormError } from './multipart-errors';

/** A header value of the form `value; name=token; name="quoted string"`. */
export interface ParameterizedHeader {
  /** In lower case. */
  readonly value: string;
  /** Keys in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

// Unambiguous on purpose: whatever it is given, it backtracks in linear time.
const PARAMETER =
  /[ \t]*(?:([^\s";=]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"[ \t]*|([^\s";][^";]*)?))?(?:;|$)/y;

/**
 * Splits a header value into its parts.
 * In a quoted string `\"` and `\\` stand for `"` and `\`, as HTTP clients escape them; a backslash before anything else
 * is itself, as browsers send the paths of Windows.
 * @param where names the header in the error's message
 * @throws BadFormError if the value cannot be read, or gives one parameter twice
 */
export function readParameters(header: string, where: string): ParameterizedHeader {
  const [value = ''] = header.split(';', 1);
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = value.length + 1;
  while (PARAMETER.lastIndex < header.length) {
    const at = PARAMETER.lastIndex;
    const match = PARAMETER.exec(header);
    if (match === null) {
      throw new BadFormError(`${where} cannot be read from its character ${at + 1} on`);
    }
    const [, rawName, inQuotes, token] = match;
    if (rawName === undefined) {
      continue; // a stray semicolon
    }
    const name = rawName.toLowerCase();
    if (parameters.has(name)) {
      throw new BadFormError(`${where} gives ${name} twice`);
    }
    if (token !== undefined && hasControl(token)) {
      throw new BadFormError(`${where} has a control character outside quotes (are lines ended by CRLF?)`);
    }
    parameters.set(name, inQuotes?.replace(/\\(["\\])/g, '$1') ?? token?.trimEnd() ?? '');
  }
  return { value: value.trim().toLowerCase(), parameters };
}

function hasControl(text: string): boolean {
  return /[^\P{Cc}\t]/u.test(text);
}
