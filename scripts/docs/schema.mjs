// Schemas of an OpenAPI document in words.

import { blocks, code, jsonCode, link, sentence, table } from './markdown.mjs';

const REF = '#/components/schemas/';

/** `integer, 0 to 300, default 0`: what a value may be. Names of schemas are links. */
export function typeOf(schema) {
  if (schema === undefined) return '';
  if (schema.$ref !== undefined) return link(nameOf(schema.$ref), nameOf(schema.$ref));
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return alternatives.map(typeOf).join(' or ');
  if (schema.allOf) return schema.allOf.map(typeOf).join(' with ');
  const words = [kindOf(schema), ...limitsOf(schema)];
  if (schema.default !== undefined) words.push(`default ${jsonCode(schema.default)}`);
  return words.filter((word) => word !== '').join(', ') + (schema.nullable ? ' or null' : '');
}

export function nameOf(ref) {
  if (!ref.startsWith(REF)) throw new Error(`${ref} leads out of the schemas of the document`);
  return ref.slice(REF.length);
}

function kindOf(schema) {
  if (schema.enum && schema.type !== 'array')
    return `one of ${schema.enum.map((value) => code(String(value))).join(', ')}`;
  if (schema.type === 'array') return `list of ${severalOf(schema.items)}`;
  if (schema.type === 'object' && schema.additionalProperties === false) return 'object without keys';
  if (schema.format === 'binary') return 'file';
  if (schema.format === 'date-time') return 'time (ISO 8601)';
  if (schema.format === 'int32') return 'integer of 32 bits';
  return schema.type ?? 'any value';
}

/** What a list is of. */
function severalOf(items) {
  if (items.enum) return items.enum.map((value) => code(String(value))).join(', ');
  const one = typeOf(items);
  return /^[a-z]+$/.test(one) ? `${one}s` : one;
}

function limitsOf(schema) {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema;
  return [
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' items'),
    schema.pattern === undefined ? '' : `matching ${code(schema.pattern)}`,
  ];
}

function range(from, to, unit) {
  if (from === undefined && to === undefined) return '';
  if (from === undefined) return `at most ${to}${unit}`;
  return (to === undefined ? `at least ${from}` : `${from} to ${to}`) + unit;
}

/** The fields of an object: of a schema, or of the body of a request. */
export function fieldTable(schema, { isRequest = false } = {}) {
  const required = schema.required ?? [];
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const isRequired = required.includes(name);
    const mark = isRequest ? (isRequired ? 'yes' : '') : isRequired ? 'always' : 'may be missing';
    return [code(name), typeOf(field), mark, withExample(field.description, isRequest ? field.example : undefined)];
  });
  return table(['field', 'type', isRequest ? 'required' : 'there', 'meaning'], rows);
}

/** A meaning, and an example where there is one that says something. */
export function withExample(description = '', example) {
  const isEmpty = example === undefined || example === '' || (Array.isArray(example) && example.length === 0);
  const text = sentence(description);
  if (isEmpty) return text;
  const shown = typeof example === 'string' ? JSON.stringify(example).slice(1, -1).replaceAll('\\"', '"') : null;
  return `${text} Example: ${shown === null ? jsonCode(example) : code(shown)}`.trim();
}

/** The section of a schema: what it is, its fields, an example of it whole. */
export function schemaSection(name, schema) {
  const example = exampleOf(schema);
  return blocks([
    `### ${name}`,
    sentence(schema.description ?? ''),
    fieldTable(schema),
    example === undefined ? '' : `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
  ]);
}

/** Made of the examples of the fields; undefined where a field that is always there has none. */
function exampleOf(schema) {
  if (schema.example !== undefined) return schema.example;
  const fields = Object.entries(schema.properties ?? {}).filter(([, field]) => field.example !== undefined);
  const isWhole = (schema.required ?? []).every((name) => fields.some(([other]) => other === name));
  return isWhole && fields.length > 0
    ? Object.fromEntries(fields.map(([name, field]) => [name, field.example]))
    : undefined;
}
