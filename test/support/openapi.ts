/** The part of an OpenAPI document that the checks below need. */
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

interface Operation {
  summary?: string;
  parameters?: { name: string; description?: string }[];
  responses: Record<string, { description?: string; content?: Record<string, MediaType> }>;
  requestBody?: { content: Record<string, MediaType> };
}

interface MediaType {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { value?: unknown }>;
}

export interface Schema {
  $ref?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  nullable?: boolean;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  additionalProperties?: boolean | Schema;
  example?: unknown;
}

/** A real answer, as the document has to describe it. */
export interface SeenAnswer {
  method: string;
  /** As in the document: `/download/{id}`. */
  path: string;
  status: number;
  /** Without parameters; empty for an answer without body. */
  type: string;
  body: unknown;
}

/** What the document has wrong about an answer; empty when it describes it. */
export function undescribed(document: OpenApi, { method, path, status, type, body }: SeenAnswer): string[] {
  const where = `${method} ${path} ${status}`;
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[status];
  if (!response) {
    return [`${where} is not in the document`];
  }
  if (type === '') {
    return response.content ? [`${where} has no body, but the document describes one`] : [];
  }
  const media = response.content?.[type];
  if (!media?.schema) {
    return [`${where}: the document has no schema for ${type}, only for ${Object.keys(response.content ?? {}).join()}`];
  }
  return type === 'application/json' ? mismatches(document, media.schema, body, where) : [];
}

/** How many examples the answers and the schemas of a document have, and where one is not what its schema says. */
export function checkExamples(document: OpenApi): { count: number; faults: string[] } {
  const answers = operationsOf(document).flatMap(({ where, operation }) =>
    Object.entries(operation.responses).flatMap(([status, { content }]) => {
      const media = content?.['application/json'];
      const examples = [media?.example, ...Object.values(media?.examples ?? {}).map(({ value }) => value)];
      return examples.map((example) => ({ schema: media?.schema ?? {}, example, where: `${where} ${status}` }));
    }),
  );
  const fields = Object.entries(document.components?.schemas ?? {}).flatMap(([name, { properties = {} }]) =>
    Object.entries(properties).map(([key, schema]) => ({ schema, example: schema.example, where: `${name}.${key}` })),
  );
  const given = [...answers, ...fields].filter(({ example }) => example !== undefined);
  return {
    count: given.length,
    faults: given.flatMap(({ schema, example, where }) => mismatches(document, schema, example, where)),
  };
}

/** What a reader of a document would miss: an operation, a parameter, a field or an answer that nothing is said of. */
export function unexplained(document: OpenApi): string[] {
  const missing = (where: string, text: string | undefined): string[] => (text?.trim() ? [] : [where]);
  const ofFields = (where: string, { properties = {} }: Schema): string[] =>
    Object.entries(properties).flatMap(([key, { description }]) => missing(`${where}.${key}`, description));
  return [
    ...operationsOf(document).flatMap(({ where, operation }) => [
      ...missing(where, operation.summary),
      ...(operation.parameters ?? []).flatMap(({ name, description }) => missing(`${where} ${name}`, description)),
      ...Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) => ofFields(where, schema ?? {})),
      ...Object.entries(operation.responses).flatMap(([status, { description }]) =>
        missing(`${where} ${status}`, description),
      ),
    ]),
    ...Object.entries(document.components?.schemas ?? {}).flatMap(([name, schema]) => [
      ...missing(name, schema.description),
      ...ofFields(name, schema),
    ]),
  ];
}

function operationsOf(document: OpenApi): { where: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ where: `${method} ${path}`, operation })),
  );
}

/** Where a value is not what the schema says. Keys that an object schema doesn't know count as mismatches. */
export function mismatches(document: OpenApi, schema: Schema, value: unknown, where: string): string[] {
  const { $ref, allOf, oneOf, anyOf } = schema;
  if ($ref !== undefined) {
    const target = document.components?.schemas?.[$ref.split('/').at(-1) ?? ''];
    return target ? mismatches(document, target, value, where) : [`${where}: ${$ref} leads nowhere`];
  }
  if (value === null && schema.nullable) {
    return [];
  }
  const either = oneOf ?? anyOf;
  if (either) {
    return either.some((choice) => mismatches(document, choice, value, where).length === 0)
      ? []
      : [`${where}: ${JSON.stringify(value)} fits none of the choices`];
  }
  if (allOf) {
    return allOf.flatMap((each) => mismatches(document, each, value, where));
  }
  if (schema.enum && !schema.enum.includes(value)) {
    return [`${where}: ${JSON.stringify(value)} is not one of ${JSON.stringify(schema.enum)}`];
  }
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) {
    return [`${where}: ${JSON.stringify(value)} is not of type ${types.join(' or ')}`];
  }
  if (typeof value === 'number' && (value < (schema.minimum ?? value) || value > (schema.maximum ?? value))) {
    return [`${where}: ${value} is out of range`];
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, n) => mismatches(document, items, item, `${where}[${n}]`)) : [];
  }
  return typeof value === 'object' && value !== null
    ? objectMismatches(document, schema, value as Record<string, unknown>, where)
    : [];
}

function objectMismatches(document: OpenApi, schema: Schema, value: Record<string, unknown>, where: string): string[] {
  const properties = schema.properties ?? {};
  const missing = (schema.required ?? []).filter((key) => !(key in value));
  const unknown = Object.keys(value).filter((key) => !(key in properties) && !schema.additionalProperties);
  return [
    ...missing.map((key) => `${where}: ${key} is missing`),
    ...unknown.map((key) => `${where}: ${key} is not in the document`),
    ...Object.entries(properties).flatMap(([key, property]) =>
      key in value ? mismatches(document, property, value[key], `${where}.${key}`) : [],
    ),
  ];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
