import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { DatabaseBusyError, DatabaseFullError } from '../database/database.errors';
import { WriteQueue } from '../database/write-queue';

/** Where a program keeps what it has. */
export interface Storage {
  /** The SQLite file, absolute. */
  readonly dbPath: string;
  /** Directory of the job directories, absolute. */
  readonly dataPath: string;
}

export const STORAGE = Symbol('STORAGE');

/** What a program needs to take jobs; `ok`, or what is wrong with it. */
export interface ReadinessFindings {
  readonly database: 'ok' | 'busy' | 'full' | 'error';
  readonly disk: 'ok' | 'full' | 'error';
}

/** With less room than this where jobs or database lie, nothing more should be sent here. */
export const MIN_FREE_BYTES = 64 * 1024 * 1024;

/** A write that has not been done by then: the database counts as busy. */
const WRITE_WITHIN_MS = 3_000;

/** Finds out whether the program can take jobs. */
@Injectable()
export class Readiness {
  private underWay: Promise<ReadinessFindings> | null = null;

  constructor(
    private readonly writes: WriteQueue,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /** Never rejects. Those who ask at once share one answer, so that asking costs little however many do. */
  find(): Promise<ReadinessFindings> {
    this.underWay ??= this.look().finally(() => (this.underWay = null));
    return this.underWay;
  }

  private async look(): Promise<ReadinessFindings> {
    const [database, disk] = await Promise.all([this.lookAtDatabase(), this.lookAtDisk()]);
    return { database, disk };
  }

  /** An empty transaction takes the writer's lock and waits for the writes before it, and stores nothing. */
  private async lookAtDatabase(): Promise<ReadinessFindings['database']> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'busy'>((resolve) => {
      timer = setTimeout(resolve, WRITE_WITHIN_MS, 'busy');
    });
    const written = this.writes.run(() => Promise.resolve()).then(() => 'ok' as const, faultOf);
    return Promise.race([written, late]).finally(() => clearTimeout(timer));
  }

  private async lookAtDisk(): Promise<ReadinessFindings['disk']> {
    try {
      const places = [this.storage.dataPath, dirname(this.storage.dbPath)];
      const disks = await Promise.all(places.map((path) => statfs(path)));
      return disks.some(({ bavail, bsize }) => bavail * bsize < MIN_FREE_BYTES) ? 'full' : 'ok';
    } catch {
      return 'error';
    }
  }
}

function faultOf(error: unknown): 'busy' | 'full' | 'error' {
  if (error instanceof DatabaseBusyError) {
    return 'busy';
  }
  return error instanceof DatabaseFullError ? 'full' : 'error';
}
