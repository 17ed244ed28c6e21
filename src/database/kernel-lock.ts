import { Database } from 'sqlite3';
import { hasCode, OrchestratorError } from '../common/errors';

/** Somebody else holds the lock. */
export class LockHeldError extends OrchestratorError {
  readonly code = 'lock-held';
  readonly retryable = true;

  constructor(
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(`${path} is locked by another process`, options);
  }
}

/**
 * A lock between processes that the kernel drops with its holder: an open exclusive transaction on a small SQLite file.
 * There is no time stamp and no pid to go stale: after `kill -9` the next start succeeds at once.
 * A pid file was rejected, since pids are reused; flock(2) is not in Node's library.
 */
export class KernelLock {
  /** Locks that are held: one that was forgotten by its taker must not be dropped by the garbage collector. */
  private static readonly held = new Set<KernelLock>();

  private constructor(private readonly database: Database) {
    KernelLock.held.add(this);
  }

  /**
   * @param waitMs how long to wait for another holder
   * @throws LockHeldError when it is still held by then
   */
  static async take(path: string, waitMs: number): Promise<KernelLock> {
    const database = await new Promise<Database>((resolve, reject) => {
      const opened = new Database(path, (error) => (error ? reject(error) : resolve(opened)));
    });
    database.configure('busyTimeout', waitMs);
    try {
      await execute(database, 'BEGIN EXCLUSIVE');
    } catch (error) {
      await close(database);
      if (hasCode(error, 'SQLITE_BUSY')) {
        throw new LockHeldError(path, { cause: error });
      }
      throw error;
    }
    return new KernelLock(database);
  }

  async release(): Promise<void> {
    KernelLock.held.delete(this);
    await close(this.database);
  }
}

function execute(database: Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => database.exec(sql, (error) => (error ? reject(error) : resolve())));
}

function close(database: Database): Promise<void> {
  return new Promise((resolve, reject) => database.close((error) => (error ? reject(error) : resolve())));
}
