import { isError, OrchestratorError } from '../common/errors';

/** The database could not take the write now (locked by a backup, say). The caller may repeat; HTTP says 503. */
export class DatabaseBusyError extends OrchestratorError {
  readonly code = 'database-busy';
  readonly retryable = true;

  constructor(cause: unknown) {
    super('the database is busy, try again', { cause });
  }
}

/** There is no room for the write. HTTP says 507. */
export class DatabaseFullError extends OrchestratorError {
  readonly code = 'disk-full';
  readonly retryable = true;

  constructor(cause: unknown) {
    super('no space is left for the database', { cause });
  }
}

/** The database was written by a newer release. Ends the start. */
export class DatabaseTooNewError extends OrchestratorError {
  readonly code = 'database-too-new';
  readonly retryable = false;

  constructor(path: string, unknownMigrations: readonly string[]) {
    super(
      `${path} was written by a newer release of this program (it knows ${unknownMigrations.join(', ')}); ` +
        'start that release, or restore a backup made before the update',
    );
  }
}

/** The file is no database, or a damaged one. Ends the start. */
export class DatabaseDamagedError extends OrchestratorError {
  readonly code = 'database-damaged';
  readonly retryable = false;

  constructor(path: string, cause: unknown) {
    super(`${path} is not a database, or is damaged: restore a backup, or choose another DB_PATH`, { cause });
  }
}

const BUSY = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED']);
const FULL = new Set(['SQLITE_FULL']);

/** Turns a driver's error into ours where callers act on the difference; everything else is passed through. */
export function translateDriverError(error: unknown): unknown {
  const code = driverCode(error);
  if (code !== null && BUSY.has(code)) {
    return new DatabaseBusyError(error);
  }
  return code !== null && FULL.has(code) ? new DatabaseFullError(error) : error;
}

function driverCode(error: unknown): string | null {
  const inner = isError(error) && 'driverError' in error ? error.driverError : error;
  return isError(inner) && 'code' in inner && typeof inner.code === 'string' ? inner.code : null;
}

/** The driver says that the file is no database, or not a whole one. */
export function isDamage(error: unknown): boolean {
  return ['SQLITE_NOTADB', 'SQLITE_CORRUPT'].includes(driverCode(error) ?? '');
}
