import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, type Repository } from 'typeorm';
import { RowCache } from '../common/row-cache';
import { READER } from '../database/data-source';
import { insertRow, updateRow } from '../database/raw-rows';
import { WriteQueue } from '../database/write-queue';
import type { Payload as WirePayload } from '../wire/payload';
import { FOREIGN_LOST, fromStored, toStored, type StoredStatus } from '../wire/status';
import { PayloadEvents } from './payload-events';
import { ENDED_STATES, LIVE_STATES, type PayloadState, sourcesOf } from './payload-state';
import { PayloadEntity } from './payload.entity';

/** A payload row with its status as the wire spells it. */
export type PayloadRow = Omit<PayloadEntity, 'status' | 'key'> & { status: PayloadState; key: string };

/** What may be stored together with a move. */
export type PayloadDetails = Partial<
  Pick<PayloadEntity, 'message' | 'exitCode' | 'signal' | 'pid' | 'startedAt' | 'endedAt' | 'removedAt'>
>;

/** What is found out about a row of the Rust program. */
export type PayloadAdoption = Pick<PayloadEntity, 'loc' | 'endedAt'> & { message?: string; status?: PayloadState };

const CACHED_PAYLOADS = 5_000;

/** What a payload has before anything has happened to it. */
const BLANK = {
  pid: 0,
  exitCode: null,
  signal: null,
  startedAt: null,
  cleanedAt: null,
  removedAt: null,
};

/** All SQL on payloads. Only one client writes to the table (it holds a lock), so rows are kept in memory too. */
@Injectable()
export class PayloadsRepository {
  private readonly cache = new RowCache<PayloadRow>(CACHED_PAYLOADS);

  constructor(
    @InjectRepository(PayloadEntity, READER) private readonly reader: Repository<PayloadEntity>,
    private readonly writes: WriteQueue,
    private readonly events: PayloadEvents,
  ) {}

  /**
   * Stores a payload, `Prepared`, or a tombstone for a key that may never run, `Killed`.
   * `null`: the key is taken already, and nothing was stored.
   */
  async insert(payload: {
    key: string;
    jobId: string | null;
    walltime: number | null;
    loc: string;
    status: 'Prepared' | 'Killed';
    message: string;
  }): Promise<PayloadRow | null> {
    const now = new Date();
    const row = {
      ...BLANK,
      ...payload,
      killed: payload.status === 'Killed',
      createdAt: now,
      endedAt: payload.status === 'Killed' ? now.getTime() : null,
    };
    const id = await this.writes.run(async (manager) => {
      if (await manager.existsBy(PayloadEntity, { key: payload.key })) {
        return null;
      }
      return insertRow(manager, PayloadEntity, { ...row, status: toStored(payload.status) });
    });
    if (id === null) {
      return null;
    }
    const stored = { ...row, id };
    this.cache.put(stored);
    if (stored.message !== '') {
      this.events.changed.next(toWire(stored));
    }
    return stored;
  }

  async find(id: number): Promise<PayloadRow | null> {
    return this.cache.find(id, async () => {
      const row = await this.reader.findOneBy({ id });
      return row && toRow(row);
    });
  }

  async findByKey(key: string): Promise<PayloadRow | null> {
    const row = await this.reader.findOneBy({ key });
    return row && toRow(row);
  }

  async findMany(ids: readonly number[]): Promise<PayloadRow[]> {
    return (await this.reader.findBy({ id: In(ids) })).map(toRow);
  }

  /** Payloads that have not ended, in the order of submission. */
  async listLive(): Promise<PayloadRow[]> {
    const rows = await this.reader.find({ where: { status: In(LIVE_STATES.map(toStored)) }, order: { id: 'ASC' } });
    return rows.map(toRow);
  }

  /** Ended before `endedBefore`, at most `limit` of them. */
  async listExpired(endedBefore: number, limit: number): Promise<PayloadRow[]> {
    const rows = await this.reader
      .createQueryBuilder('payload')
      .where('payload.status IN (:...ended)', { ended: ENDED_STATES.map(toStored) })
      .andWhere('payload.endedAt < :endedBefore', { endedBefore })
      .limit(limit)
      .getMany();
    return rows.map(toRow);
  }

  /** Cleaned payloads whose directory could not be removed yet. */
  async listUnremoved(limit: number): Promise<PayloadRow[]> {
    const rows = await this.reader
      .createQueryBuilder('payload')
      .where('payload.cleanedAt IS NOT NULL AND payload.removedAt IS NULL')
      .orderBy('payload.id')
      .limit(limit)
      .getMany();
    return rows.map(toRow);
  }

  /** Which of these directories belong to a payload, whatever its state. */
  async whichAreOwned(locs: readonly string[]): Promise<Set<string>> {
    const rows = await this.reader.find({ select: { loc: true }, where: { loc: In(locs) } });
    return new Set(rows.map((row) => row.loc));
  }

  /**
   * Moves the payload if it may still move there, and tells who listens. `null`: another writer was first, or the
   * payload is unknown. Else the payload as it is now. While the database is locked or its disk is full, it waits.
   */
  async move(id: number, to: PayloadState, details: PayloadDetails = {}, now = Date.now()): Promise<PayloadRow | null> {
    const change = { ...timeStampOf(to, now), ...details };
    const where = { id, statuses: sourcesOf(to).map(toStored) };
    const isMoved = await this.writes.runUntilStored((manager) =>
      updateRow(manager, PayloadEntity, { ...change, status: toStored(to) }, where),
    );
    if (!isMoved) {
      return null;
    }
    this.cache.patch(id, { ...change, status: to });
    const moved = await this.find(id);
    if (!moved) {
      throw new Error(`payload ${id} is gone from the database`);
    }
    this.events.changed.next(toWire(moved));
    return moved;
  }

  /** Stores the wish to terminate, unless the payload has ended. `false`: it has, or is unknown. */
  async wishTermination(id: number): Promise<boolean> {
    const isStored = await this.writes.run(async (manager) => {
      const result = await manager.update(
        PayloadEntity,
        { id, status: In(LIVE_STATES.map(toStored)) },
        { killed: true },
      );
      return result.affected === 1;
    });
    if (isStored) {
      this.cache.patch(id, { killed: true });
    }
    return isStored;
  }

  /** The Rust program's rows of a state that is none of ours, before anything else is read. */
  async settleForeign(): Promise<void> {
    const { stored, message } = FOREIGN_LOST;
    const settled = { status: toStored('Failed'), message };
    await this.writes.run((manager) => manager.update(PayloadEntity, { status: stored as StoredStatus }, settled));
  }

  /** Rows of the Rust program that have not been taken over. */
  async listForeign(limit: number): Promise<PayloadRow[]> {
    return (await this.reader.find({ where: { key: IsNull() }, order: { id: 'ASC' }, take: limit })).map(toRow);
  }

  /** Makes a row of the Rust program one of ours. */
  async adopt(id: number, key: string, adoption: PayloadAdoption): Promise<void> {
    const { status, ...others } = adoption;
    const stored = { ...others, ...(status && { status: toStored(status) }), key };
    await this.writes.run((manager) => manager.update(PayloadEntity, { id }, stored));
    this.cache.patch(id, { ...adoption, key });
  }

  async markRemoved(id: number, now = Date.now()): Promise<void> {
    await this.writes.run((manager) => manager.update(PayloadEntity, { id }, { removedAt: now }));
    this.cache.patch(id, { removedAt: now });
  }

  /** Forgets cleaned payloads, keys included. */
  async deleteCleaned(cleanedBefore: number): Promise<void> {
    await this.writes.run((manager) =>
      manager
        .createQueryBuilder()
        .delete()
        .from(PayloadEntity)
        .where('status = :cleaned AND removed_at IS NOT NULL AND cleaned_at < :cleanedBefore', {
          cleaned: toStored('Cleaned'),
          cleanedBefore,
        })
        .execute(),
    );
  }
}

/** What a log line says of a payload: its id here, and the job's at the server if that one said it. */
export function idsOf({ id, jobId }: PayloadRow): { payloadId: number; jobId?: number } {
  return { payloadId: id, ...(jobId !== null && { jobId: Number(jobId) }) };
}

/** What the wire says of a payload. */
export function toWire(row: PayloadRow): WirePayload {
  return {
    id: row.id,
    input: {},
    status: row.status,
    loc: row.loc,
    pid: row.pid,
    killed: row.killed,
    key: row.key,
    message: row.message,
    exit_code: row.exitCode,
    signal: row.signal,
    started_at: row.startedAt,
    ended_at: row.endedAt,
  };
}

function toRow(row: PayloadEntity): PayloadRow {
  // Rows of the Rust program have no key; their id stands in, which no server's UUID can equal.
  return { ...row, status: fromStored(row.status) as PayloadState, key: row.key ?? `payload-${row.id}` };
}

function timeStampOf(
  to: PayloadState,
  now: number,
): Partial<Pick<PayloadEntity, 'startedAt' | 'cleanedAt' | 'endedAt'>> {
  switch (to) {
    case 'Running':
      return { startedAt: now };
    case 'Cleaned':
      return { cleanedAt: now };
    case 'Completed':
    case 'Failed':
    case 'Invalid':
    case 'Killed':
      return { endedAt: now };
    case 'Prepared':
      return {};
  }
}
