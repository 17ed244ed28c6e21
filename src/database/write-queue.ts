import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, EntityManager } from 'typeorm';
import { backOff, delay } from '../common/delay';
import { FREE_THE_LOG } from './data-source';
import { DatabaseBusyError, DatabaseFullError, translateDriverError } from './database.errors';

/** A piece of work on the database. It may be run twice (see {@link WriteQueue}), so it does nothing else. */
export type Write<T> = (manager: EntityManager) => Promise<T>;

interface Waiting {
  readonly work: Write<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Commits more writes at once than this only in the next transaction, so that no caller waits long. */
const MAX_BATCH = 256;

const STORE_BACK_OFF = { firstMs: 100, maxMs: 5_000 };

/**
 * All writes of this process, one transaction after another. SQLite has one writer; and since TypeORM shares one
 * connection, a statement issued beside an open transaction would silently join it and be undone with it.
 * Whatever waits when a transaction begins is committed together: concurrent uploads share one fsync.
 * When one of a batch fails, the batch is rolled back and each is run again by itself, so no write spoils another's.
 * A database that is locked by another process refuses the whole batch at once.
 */
@Injectable()
export class WriteQueue {
  private readonly logger = new Logger(WriteQueue.name);
  private waiting: Waiting[] = [];
  private isRunning = false;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Resolves with the work's value after COMMIT.
   * @throws DatabaseBusyError | DatabaseFullError | whatever the work threw; nothing of the work is stored then
   */
  run<T>(work: Write<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (!this.isRunning) {
        this.isRunning = true;
        setImmediate(() => void this.drain());
      }
    });
  }

  /**
   * As {@link run}, for what must be stored however long it takes (how a job ended): while the database is locked or
   * the disk is full it is tried again. Anything else is thrown.
   */
  async runUntilStored<T>(work: Write<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.run(work);
      } catch (error) {
        if (!(error instanceof DatabaseBusyError || error instanceof DatabaseFullError)) {
          throw error;
        }
        if (attempt === 1) {
          this.logger.error({ err: error }, 'a write has to wait');
        }
        await delay(backOff(attempt, STORE_BACK_OFF));
      }
    }
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MAX_BATCH);
      if (!(await this.tryTogether(batch))) {
        for (const one of batch) {
          await this.tryAlone(one);
        }
      }
    }
    this.isRunning = false;
  }

  private async tryTogether(batch: readonly Waiting[]): Promise<boolean> {
    if (batch.length === 1) {
      return false;
    }
    try {
      const values = await this.transact(batch);
      batch.forEach((one, at) => one.resolve(values[at]));
      return true;
    } catch (error) {
      const translated = translateDriverError(error);
      if (!(translated instanceof DatabaseBusyError)) {
        return false;
      }
      // No write is to blame, and each by itself would wait for the same lock again, one after the other.
      batch.forEach((one) => one.reject(translated));
      return true;
    }
  }

  private async tryAlone(one: Waiting): Promise<void> {
    try {
      const [value] = await this.transactInRoom(one);
      one.resolve(value);
    } catch (error) {
      one.reject(translateDriverError(error));
    }
  }

  /** On a full disk, once more with the log freed: the file has room of its own (see reserveRoom). */
  private async transactInRoom(one: Waiting): Promise<unknown[]> {
    try {
      return await this.transact([one]);
    } catch (error) {
      if (!(translateDriverError(error) instanceof DatabaseFullError)) {
        throw error;
      }
      await this.dataSource.query(FREE_THE_LOG);
      return this.transact([one]);
    }
  }

  private async transact(batch: readonly Waiting[]): Promise<unknown[]> {
    const { manager } = this.dataSource;
    await manager.query('BEGIN IMMEDIATE');
    try {
      const values: unknown[] = [];
      for (const one of batch) {
        values.push(await one.work(manager));
      }
      await manager.query('COMMIT');
      return values;
    } catch (error) {
      // SQLite may have rolled back by itself (disk full): a second ROLLBACK is then an error of no interest.
      await manager.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}
