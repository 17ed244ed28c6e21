import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { ConfigError } from './config-error';
import { EndpointUrl, EndpointUrlError, redactUrl } from './endpoint-url';
import {
  type ChoiceVariable,
  type HostVariable,
  type IntegerVariable,
  type ListVariable,
  type PathVariable,
  SECRET,
  type SecretVariable,
  type TextVariable,
  type UrlVariable,
  type Variable,
} from './variable-kinds';

/** Environment variables as the process got them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SHOWN_CHARACTERS = 200;

/** The set value, or null: an empty or blank value counts as unset. */
export function valueOf(env: Environment, name: string): string | null {
  const value = env[name];
  return value === undefined || value.trim() === '' ? null : value;
}

/**
 * Reads variables and collects what is wrong with them, so that one report names every fault. A method that meets a
 * fault notes it and returns a placeholder of the right type; `finish()` makes sure that nobody gets to use one.
 */
export class EnvReader {
  readonly #faults: string[] = [];
  readonly #warnings: string[] = [];

  constructor(private readonly env: Environment) {}

  get faults(): readonly string[] {
    return this.#faults;
  }

  fault(name: string, text: string): void {
    this.#faults.push(`${name}: ${text}`);
  }

  /** Notes what does not stop the start but should be seen. */
  warn(name: string, text: string): void {
    this.#warnings.push(`${name}: ${text}`);
  }

  /**
   * Ends the reading.
   * @returns the warnings, frozen
   * @throws ConfigError with every fault
   */
  finish(): readonly string[] {
    if (this.#faults.length > 0) {
      throw new ConfigError(this.#faults);
    }
    return Object.freeze([...this.#warnings]);
  }

  /** Digits only, within the variable's limits: `1e3`, `-1` and `5.5` are faults, as none of them may switch a limit off. */
  integer(variable: IntegerVariable & { readonly default: string }): number;
  integer(variable: IntegerVariable): number | null;
  integer(variable: IntegerVariable): number | null {
    const text = this.text(variable);
    if (text === null) {
      return null;
    }
    const { min, max, unit, because } = variable;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) {
      return value;
    }
    const what = unit === null ? 'a whole number' : `a whole number of ${unit}`;
    this.refuse(variable, text, `is not ${what} from ${min} to ${max}${because === undefined ? '' : ` (${because})`}`);
    return min;
  }

  /** One of the variable's choices, in any case of letters. */
  choice<C extends string>(variable: ChoiceVariable<C> & { readonly default: C }): C {
    const text = this.text(variable) ?? variable.default;
    const choice = variable.choices.find((known) => known === text.toLowerCase());
    if (choice === undefined) {
      this.refuse(variable, text, `is not one of ${variable.choices.join(', ')}`);
    }
    return choice ?? variable.default;
  }

  /** The items in their order, each once, frozen. `allowed` ends the sentence `"x" is not ...`. */
  list(variable: ListVariable, isAllowed: (item: string) => boolean, allowed: string): readonly string[] {
    const separator = variable.separator === 'comma' ? /,/ : /[\s,]+/;
    const items = (this.text(variable) ?? '')
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== '');
    for (const item of items.filter((each) => !isAllowed(each))) {
      this.refuse(variable, item, `is not ${allowed}`);
    }
    return Object.freeze([...new Set(items)]);
  }

  /** A text of the variable's form, without the blanks around it. */
  string(variable: TextVariable & { readonly default: string }): string;
  string(variable: TextVariable): string | null;
  string(variable: TextVariable): string | null {
    const text = this.text(variable)?.trim() ?? null;
    if (text !== null && !variable.pattern.test(text)) {
      this.refuse(variable, text, `is not ${variable.form}`);
    }
    return text;
  }

  /** An IP address or a host name, without port; `[::1]` becomes `::1`, as sockets take it. */
  host(variable: HostVariable & { readonly default: string }): string {
    const text = this.text(variable) ?? variable.default;
    const host = text.replace(/^\[(.*)\]$/, '$1');
    const isName = /^[a-z\d_]([a-z\d_.-]*[a-z\d_.])?$/i.test(host) && !/^[\d.]+$/.test(host);
    if (isIP(host) === 0 && !isName) {
      this.refuse(variable, text, 'is not an IP address or a host name, without port');
    }
    return host;
  }

  /** An absolute path; a relative one is taken from `directory`. */
  path(variable: PathVariable & { readonly default: string }, directory: string): string;
  path(variable: PathVariable, directory: string): string | null;
  path(variable: PathVariable, directory: string): string | null {
    const text = this.text(variable);
    if (text === null) {
      return null;
    }
    // A path like this would become a file of that name in the working directory.
    if (/^(:memory:|file:|[a-z]+:\/\/|sqlite:)/i.test(text)) {
      const shown = { ...variable, secret: text.includes('@') };
      this.refuse(shown, text, 'is not a path in the file system');
    }
    return resolve(directory, text);
  }

  url(variable: UrlVariable): EndpointUrl | null {
    const text = this.text(variable);
    if (text === null) {
      return null;
    }
    try {
      return EndpointUrl.parse(text);
    } catch (error) {
      if (!(error instanceof EndpointUrlError)) {
        throw error;
      }
      this.fault(variable.name, `${quoted(redactUrl(text))} ${error.message}`);
      return null;
    }
  }

  /** Printable ASCII without spaces, so that it can stand in a header. */
  secret(variable: SecretVariable): string | null {
    const text = this.text(variable);
    if (text !== null && !SECRET.pattern.test(text)) {
      this.refuse(variable, text, `is not ${SECRET.form}`);
    }
    return text;
  }

  private text(variable: Variable): string | null {
    return valueOf(this.env, variable.name) ?? variable.default;
  }

  private refuse(variable: Variable, value: string, problem: string): void {
    this.fault(variable.name, `${variable.secret ? 'its value' : quoted(value)} ${problem}`);
  }
}

/** On one line and of a bearable length, whatever is in it. */
function quoted(value: string): string {
  return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}...` : value);
}
