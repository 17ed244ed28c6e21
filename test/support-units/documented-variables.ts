import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Variable } from '../../src/config/variable-kinds';

/** A row of one of the tables of docs/configuration.md. */
export interface DocumentedVariable {
  readonly name: string;
  readonly default: string;
  /** Unit, limits, or what the value looks like. */
  readonly limits: string;
}

/** All rows, in order, as text without backticks. */
export function documentedVariables(): DocumentedVariable[] {
  const text = readFileSync(join(__dirname, '../../docs/configuration.md'), 'utf8');
  return [...text.matchAll(/^\| `([A-Z][\w<>]*)` \| ([^|]*) \| ([^|]*) \| [^|]+ \|$/gm)].map(
    ([, name = '', value = '', limits = '']) => ({
      name,
      default: value.replaceAll('`', ''),
      limits: limits.replaceAll('`', ''),
    }),
  );
}

/** What such a row has to say of a variable, for expect(). Where there is no default, some words say what that means. */
export function documentationOf(variable: Variable): unknown {
  const text = (pattern: RegExp) => expect.stringMatching(pattern) as unknown;
  const limits =
    variable.kind === 'choice'
      ? variable.choices.join(', ')
      : variable.kind === 'integer'
        ? text(
            new RegExp(
              `^${variable.unit === null ? '' : `${variable.unit}, `}(${variable.min} to ${variable.max}|at least ${variable.min})$`,
            ),
          )
        : text(/./);
  return { name: variable.name, default: variable.default ?? text(/./), limits };
}
