import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, OrchestratorError } from '../common/errors';
import { KernelLock, LockHeldError } from '../database/kernel-lock';

/** Another program of this mode uses the same database. Ends the start. */
export class AlreadyRunningError extends OrchestratorError {
  readonly code = 'already-running';
  readonly retryable = true;

  constructor(mode: string, dbPath: string, options: ErrorOptions) {
    super(`another ${mode} already uses ${dbPath}: one ${mode} a database`, options);
  }
}

/** The database's file or directory can't be used. Ends the start. */
export class DatabaseNotOpenedError extends OrchestratorError {
  readonly code = 'database-not-opened';
  readonly retryable = false;

  constructor(dbPath: string, options: { cause: unknown }) {
    const user = process.getuid?.() ?? 'unknown';
    super(`DB_PATH: ${dbPath} can't be opened by user ${user}: ${messageOf(options.cause)}`, options);
  }
}

/** A program that is being replaced needs a moment to go. */
const LOCK_WAIT_MS = 2_000;

/**
 * Takes the database for one program of a mode; a server and a client may share it. Held until the process ends: the
 * kernel drops it, however that happens.
 */
export async function lockDatabase(dbPath: string, mode: 'server' | 'client'): Promise<void> {
  try {
    await mkdir(dirname(dbPath), { recursive: true });
    await KernelLock.take(`${dbPath}.${mode}.lock`, LOCK_WAIT_MS);
  } catch (error) {
    if (error instanceof LockHeldError) {
      throw new AlreadyRunningError(mode, dbPath, { cause: error });
    }
    throw new DatabaseNotOpenedError(dbPath, { cause: error });
  }
}
