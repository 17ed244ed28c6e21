import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OrchestratorError } from '../common/errors';
import { KernelLock, LockHeldError } from '../database/kernel-lock';

/** Another program of this mode uses the same database. Ends the start. */
export class AlreadyRunningError extends OrchestratorError {
  readonly code = 'already-running';
  readonly retryable = true;

  constructor(mode: string, dbPath: string, options: ErrorOptions) {
    super(`another ${mode} already uses ${dbPath}: one ${mode} a database`, options);
  }
}

/** A program that is being replaced needs a moment to go. */
const LOCK_WAIT_MS = 2_000;

/**
 * Takes the database for one program of a mode; a server and a client may share it. Held until the process ends: the
 * kernel drops it, however that happens.
 */
export async function lockDatabase(dbPath: string, mode: 'server' | 'client'): Promise<void> {
  await mkdir(dirname(dbPath), { recursive: true });
  try {
    await KernelLock.take(`${dbPath}.${mode}.lock`, LOCK_WAIT_MS);
  } catch (error) {
    throw error instanceof LockHeldError ? new AlreadyRunningError(mode, dbPath, { cause: error }) : error;
  }
}
