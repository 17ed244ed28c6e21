// One route of an OpenAPI document as a section of the page.

import { isDeepStrictEqual } from 'node:util';
import { blocks, code, jsonCode, sentence, table } from './markdown.mjs';
import { fieldTable, typeOf, withExample } from './schema.mjs';

/** Every operation of a document, in its order: `{ route, operation }` with the route as `POST /upload`. */
export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );
}

/** @param shared answers by status that stand elsewhere on the page: only others are told */
export function operationSection(route, operation, shared = {}) {
  const answers = Object.entries(operation.responses).filter(
    ([status, answer]) => !isDeepStrictEqual(shared[status], answer),
  );
  return blocks([
    `### ${route}`,
    sentence(operation.summary ?? ''),
    sentence(operation.description ?? ''),
    parametersOf(operation.parameters ?? []),
    requestOf(operation.requestBody),
    'Answers:',
    answerTable(answers),
    headersOf(answers),
  ]);
}

const PLACES = ['path', 'query', 'header', 'cookie'];

function parametersOf(parameters) {
  if (parameters.length === 0) return '';
  const byPlace = (a, b) => PLACES.indexOf(a.in) - PLACES.indexOf(b.in) || (a.name < b.name ? -1 : 1);
  const rows = [...parameters]
    .sort(byPlace)
    .map(({ name, in: place, required, description, example, schema }) => [
      code(name),
      place,
      typeOf(schema),
      required ? 'yes' : '',
      withExample(description, example ?? schema?.example),
    ]);
  return blocks(['Parameters:', table(['parameter', 'in', 'type', 'required', 'meaning'], rows)]);
}

function requestOf(body) {
  return blocks(
    Object.entries(body?.content ?? {}).map(([type, { schema }]) =>
      blocks([
        `Body: ${code(type)}${schema?.properties ? ', with these fields:' : `, ${typeOf(schema)}.`}`,
        sentence(body.description ?? schema?.description ?? ''),
        schema?.properties ? fieldTable(schema, { isRequest: true }) : '',
      ]),
    ),
  );
}

/** @param answers pairs of status and what the document says of it */
export function answerTable(answers) {
  const rows = answers.map(([status, { description, content }]) => [status, sentence(description), bodyOf(content)]);
  return table(['status', 'when', 'body'], rows);
}

function bodyOf(content = {}) {
  const bodies = Object.entries(content).map(([type, { schema, example = schema?.example }]) => {
    const name = type === 'application/json' ? typeOf(schema) : code(type);
    return example === undefined ? name : `${name}: ${jsonCode(example)}`;
  });
  return bodies.join('<br>') || 'none';
}

function headersOf(answers) {
  const rows = answers.flatMap(([status, { headers }]) =>
    Object.entries(headers ?? {}).map(([name, { description, schema }]) => [
      status,
      code(name),
      typeOf(schema),
      sentence(description ?? ''),
    ]),
  );
  return rows.length === 0
    ? ''
    : blocks(['Headers of the answers:', table(['status', 'header', 'type', 'meaning'], rows)]);
}
