/** What rows of a table of variables look like, and functions that make them: for our own table and those of backends. */
export type Mode = 'server' | 'client';

interface VariableBase {
  readonly name: string;
  readonly mode: Mode | 'both';
  readonly default: string | null;
  readonly unit: string | null;
  /**
   * What the documentation says of it: a sentence or two in Markdown, without links, unit and default. Where there is no
   * default, it says what unset means.
   */
  readonly meaning: string;
  /** The value may hold a password: it is never printed whole. */
  readonly secret: boolean;
}

export interface IntegerVariable extends VariableBase {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
  /** Why the limits are what they are, where a reader would ask. */
  readonly because?: string;
}

export interface ChoiceVariable<C extends string = string> extends VariableBase {
  readonly kind: 'choice';
  readonly choices: readonly C[];
}

export interface ListVariable extends VariableBase {
  readonly kind: 'list';
  readonly separator: 'comma' | 'comma or space';
}

/** A text of a given form. */
export interface TextVariable extends VariableBase {
  readonly kind: 'text';
  readonly pattern: RegExp;
  /** Ends the sentence `"x" is not ...`. */
  readonly form: string;
}

export interface PlainVariable<K extends 'host' | 'path' | 'url' | 'secret'> extends VariableBase {
  readonly kind: K;
}

export type HostVariable = PlainVariable<'host'>;
export type PathVariable = PlainVariable<'path'>;
export type UrlVariable = PlainVariable<'url'>;
export type SecretVariable = PlainVariable<'secret'>;
export type Variable =
  | IntegerVariable
  | ChoiceVariable
  | ListVariable
  | TextVariable
  | HostVariable
  | PathVariable
  | UrlVariable
  | SecretVariable;

export type Defaulting<V, D extends string | null> = V & { readonly default: D };
export type Limits = Pick<IntegerVariable, 'unit' | 'min' | 'max' | 'because'>;

export function integer<D extends string | null>(
  name: string,
  mode: Variable['mode'],
  defaultText: D,
  limits: Limits,
  meaning: string,
): Defaulting<IntegerVariable, D> {
  return { kind: 'integer', name, mode, default: defaultText, ...limits, meaning, secret: false };
}

export function choice<C extends string>(
  name: string,
  mode: Variable['mode'],
  choices: readonly C[],
  defaultText: NoInfer<C>,
  meaning: string,
): Defaulting<ChoiceVariable<C>, C> {
  return { kind: 'choice', name, mode, default: defaultText, choices, unit: null, meaning, secret: false };
}

export function list(
  name: string,
  mode: Variable['mode'],
  separator: ListVariable['separator'],
  meaning: string,
): ListVariable {
  return { kind: 'list', name, mode, default: null, separator, unit: null, meaning, secret: false };
}

export function text<D extends string | null>(
  name: string,
  mode: Variable['mode'],
  defaultText: D,
  allowed: Pick<TextVariable, 'pattern' | 'form'>,
  meaning: string,
): Defaulting<TextVariable, D> {
  return { kind: 'text', name, mode, default: defaultText, ...allowed, unit: null, meaning, secret: false };
}

/** A path without a default: unset has a meaning of its own, or it is required. */
export function path(name: string, mode: Variable['mode'], meaning: string): Defaulting<PathVariable, null> {
  return { kind: 'path', name, mode, default: null, unit: null, meaning, secret: false };
}

export function plain<K extends 'host' | 'path'>(
  kind: K,
  name: string,
  defaultText: string,
  meaning: string,
): Defaulting<PlainVariable<K>, string> {
  return { kind, name, mode: 'both', default: defaultText, unit: null, meaning, secret: false };
}

/** What every secret has to be: it goes into a header as it is. `form` ends the sentence `its value is not ...`. */
export const SECRET = { pattern: /^[\x21-\x7e]{16,256}$/, form: '16 to 256 printable ASCII characters without spaces' };

export function secret(name: string, meaning: string): SecretVariable {
  return { kind: 'secret', name, mode: 'both', default: null, unit: null, meaning, secret: true };
}

export function url(name: string, meaning: string): UrlVariable {
  return { kind: 'url', name, mode: 'server', default: null, unit: null, meaning, secret: true };
}
