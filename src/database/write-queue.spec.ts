import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { openDurable, writerOptions } from './data-source';
import { DatabaseBusyError, DatabaseFullError } from './database.errors';
import { eventually } from '../../test/support/eventually';
import { KernelLock } from './kernel-lock';
import { WriteQueue, type Write } from './write-queue';

/** How long these tests let SQLite wait for a lock. */
const BUSY_MS = 150;

let directory: string;
let path: string;
let database: DataSource;
let queue: WriteQueue;
let statements: string[];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'write-queue-'));
  path = join(directory, 'db.sqlite');
  database = await openDurable({ ...writerOptions(path), busyTimeout: BUSY_MS });
  await database.query('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE)');
  queue = new WriteQueue(database);
  statements = [];
  jest.spyOn(database.logger, 'logQuery').mockImplementation((sql) => void statements.push(sql));
});
afterEach(async () => {
  await database.destroy();
  rmSync(directory, { recursive: true });
});

function add(text: string): Write<number> {
  return (manager: EntityManager) => manager.query<number>('INSERT INTO notes (text) VALUES (?)', [text]);
}

async function stored(): Promise<string[]> {
  const rows = await database.query<{ text: string }[]>('SELECT text FROM notes ORDER BY id');
  return rows.map((row) => row.text.slice(0, 20));
}

function count(statement: string): number {
  return statements.filter((sql) => sql === statement).length;
}

const TEXTS = Array.from({ length: 50 }, (_, at) => `text ${at}`);

describe('WriteQueue', () => {
  it('commits what waits together, in its order, and gives each its own value', async () => {
    const values = await Promise.all(TEXTS.map((text) => queue.run(add(text))));
    expect(values).toEqual(TEXTS.map((_, at) => at + 1));
    expect(await stored()).toEqual(TEXTS);
    expect(count('COMMIT')).toBe(1);
  });

  it('answers after COMMIT: what was answered can be read by another connection', async () => {
    const other = await openDurable(writerOptions(path));
    try {
      await Promise.all(
        TEXTS.slice(0, 5).map(async (text) => {
          await queue.run(add(text));
          expect(await other.query('SELECT 1 FROM notes WHERE text = ?', [text])).toHaveLength(1);
        }),
      );
    } finally {
      await other.destroy();
    }
  });

  it('lets no failing write spoil another, and stores nothing of it', async () => {
    const fails: Write<never> = async (manager) => {
      await add('half done')(manager);
      throw new RangeError('thought better of it');
    };
    const results = await Promise.allSettled([
      queue.run(add('one')),
      queue.run(fails),
      queue.run(add('two')),
      queue.run(add('one')),
      queue.run(() => {
        throw new TypeError('at once');
      }),
      queue.run(add('three')),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(results[1]).toMatchObject({ reason: { message: 'thought better of it' } });
    expect(await stored()).toEqual(['one', 'two', 'three']);
  });

  it('works on after a failure, and between two batches', async () => {
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await queue.run(add('later'));
    await queue.run(add('last'));
    expect(await stored()).toEqual(['later', 'last']);
    expect(count('BEGIN IMMEDIATE')).toBe(3);
    expect(count('ROLLBACK')).toBe(1);
  });

  it('takes in the next transaction what comes during one', async () => {
    const inner: Promise<number>[] = [];
    await queue.run((manager) => {
      inner.push(queue.run(add('second')), queue.run(add('third')));
      return add('first')(manager);
    });
    await Promise.all(inner);
    expect(await stored()).toEqual(['first', 'second', 'third']);
    expect(count('COMMIT')).toBe(2);
  });

  it('refuses all that wait for a locked database after one wait, not after one each', async () => {
    const lock = await KernelLock.take(path, 1_000);
    const began = performance.now();
    const results = await Promise.allSettled(TEXTS.map((text) => queue.run(add(text))));
    const took = performance.now() - began;
    await lock.release();
    expect(results.map((result) => result.status === 'rejected' && result.reason instanceof DatabaseBusyError)).toEqual(
      TEXTS.map(() => true),
    );
    expect(took).toBeLessThan(10 * BUSY_MS);
    await queue.run(add('after'));
    expect(await stored()).toEqual(['after']);
  });

  it('waits for a lock that is soon given back', async () => {
    const lock = await KernelLock.take(path, 1_000);
    const written = queue.run(add('patient'));
    await eventually(() => count('BEGIN IMMEDIATE') > 0, { intervalMs: 1 });
    await lock.release();
    await written;
    expect(await stored()).toEqual(['patient']);
  });

  it('says that the disk is full, and stores what still has room', async () => {
    const [{ page_count: pages }] = await database.query<[{ page_count: number }]>('PRAGMA page_count');
    await database.query(`PRAGMA max_page_count = ${pages + 2}`);
    const results = await Promise.allSettled([
      queue.run(add('small')),
      queue.run(add('x'.repeat(1_000_000))),
      queue.run(add('also small')),
    ]);
    expect(results[1]).toMatchObject({ status: 'rejected', reason: expect.any(DatabaseFullError) as unknown });
    expect(await stored()).toEqual(['small', 'also small']);
  });

  it('stores what must be stored once the lock is gone, however many tries that takes', async () => {
    const lock = await KernelLock.take(path, 1_000);
    let isStored = false;
    const written = queue.runUntilStored(add('at last')).then(() => (isStored = true));
    await expect(queue.run(add('in vain'))).rejects.toThrow(DatabaseBusyError);
    await expect(queue.run(add('in vain'))).rejects.toThrow(DatabaseBusyError);
    expect(isStored).toBe(false);
    await lock.release();
    await written;
    expect(await stored()).toEqual(['at last']);
    await expect(queue.runUntilStored(add('at last'))).rejects.toThrow(/UNIQUE/);
  });
});
