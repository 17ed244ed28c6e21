// A table of environment variables, out of the code's own table of them.

import { code, table } from './markdown.mjs';

const UNITS = {
  seconds: [
    [365 * 86_400, 'year'],
    [86_400, 'day'],
    [3_600, 'hour'],
  ],
  bytes: [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ],
};

/**
 * @param variables   rows of the code's table, in the order of the page
 * @param options.prefix     what all names begin with, where the table says it once, at its head
 * @param options.secretForm what a secret has to look like
 */
export function variableTable(variables, { prefix = '', secretForm }) {
  const head = [prefix === '' ? 'variable' : code(`${prefix}...`), 'default', 'unit, limits', 'meaning'];
  const rows = variables.map((variable) => [
    code(variable.name.slice(prefix.length)),
    defaultOf(variable),
    limitsOf(variable, secretForm),
    variable.meaning,
  ]);
  return table(head, rows);
}

function defaultOf(variable) {
  if (variable.default === null) return 'unset';
  const readable = variable.kind === 'integer' ? inLargerUnit(Number(variable.default), variable.unit) : null;
  return code(variable.default) + (readable === null ? '' : ` (${readable})`);
}

/** `10 days` of 864000 seconds; null where a larger unit would not be whole, or there is none. */
function inLargerUnit(value, unit) {
  const [size, name] = (UNITS[unit] ?? []).find(([size]) => value >= size && value % size === 0) ?? [];
  if (name === undefined) return null;
  const count = value / size;
  return `${count} ${name}${unit === 'seconds' && count !== 1 ? 's' : ''}`;
}

function limitsOf(variable, secretForm) {
  switch (variable.kind) {
    case 'integer':
      return integerLimits(variable);
    case 'choice':
      return variable.choices.map(code).join(', ');
    case 'list':
      return `names, separated by ${variable.separator}`;
    case 'text':
      return variable.form;
    case 'secret':
      return secretForm;
    case 'host':
      return 'IP address or host name';
    case 'path':
      return 'path';
    case 'url':
      return 'URL';
    default:
      throw new Error(`${variable.name} is of kind ${variable.kind}, which the documentation does not know`);
  }
}

function integerLimits({ unit, min, max, because }) {
  // The largest number there is limits nothing.
  const range = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `${min} to ${max}`;
  return `${unit === null ? '' : `${unit}, `}${range}${because === undefined ? '' : ` (${because})`}`;
}
