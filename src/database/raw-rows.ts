import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import type { QueryResult } from 'typeorm/query-runner/QueryResult';

/** A value as the driver takes it. */
type Stored = string | number | null;

/**
 * Statements of the hot paths without TypeORM's query builder, which takes longer to write one than SQLite to run it.
 * The one place that knows how a dialect counts changed rows and gives new ids.
 */
export async function insertRow<E extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<E>,
  values: Partial<E>,
): Promise<number> {
  const { table, columns, parameters } = statementParts(manager, entity, values);
  const marks = columns.map(() => '?').join(', ');
  const result = await execute(manager, `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, parameters);
  return result.raw as number;
}

/** @returns whether the row with this id, in one of these states, was changed */
export async function updateRow<E extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<E>,
  values: Partial<E>,
  where: { readonly id: number; readonly statuses: readonly string[] },
): Promise<boolean> {
  const { table, columns, parameters } = statementParts(manager, entity, values);
  const set = columns.map((column) => `${column} = ?`).join(', ');
  const marks = where.statuses.map(() => '?').join(', ');
  const sql = `UPDATE ${table} SET ${set} WHERE id = ? AND status IN (${marks})`;
  const result = await execute(manager, sql, [...parameters, where.id, ...where.statuses]);
  return result.affected === 1;
}

async function execute(manager: EntityManager, sql: string, parameters: readonly Stored[]): Promise<QueryResult> {
  // On SQLite this is the one runner of the connection, in whatever transaction is open.
  return manager.connection.createQueryRunner().query(sql, [...parameters], true);
}

function statementParts<E extends ObjectLiteral>(manager: EntityManager, entity: EntityTarget<E>, values: Partial<E>) {
  const metadata = manager.connection.getMetadata(entity);
  const columns: string[] = [];
  const parameters: Stored[] = [];
  for (const [property, value] of Object.entries(values)) {
    if (value === undefined) {
      continue;
    }
    const column = metadata.findColumnWithPropertyName(property);
    if (!column) {
      throw new Error(`${metadata.name} has no column for ${property}`);
    }
    columns.push(column.databaseName);
    parameters.push(manager.connection.driver.preparePersistentValue(value, column) as Stored);
  }
  return { table: metadata.tableName, columns, parameters };
}
