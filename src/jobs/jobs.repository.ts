import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, IsNull, LessThan, type Repository } from 'typeorm';
import { RowCache } from '../common/row-cache';
import { READER } from '../database/data-source';
import { insertRow, updateRow } from '../database/raw-rows';
import { WriteQueue } from '../database/write-queue';
import { FOREIGN_LOST, fromStored, toStored, type Status, type StoredStatus } from '../wire/status';
import { JobEvents } from './job-events';
import { ENDED_STATES, type JobState, LIVE_STATES, sourcesOf } from './job-state';
import { type JobWishes, NO_WISHES } from './job-wishes';
import { JobEntity } from './job.entity';
import { UploadKeyConflictError } from './jobs.errors';
import { UploadKeyEntity } from './upload-key.entity';

/** A job row with its status as the wire spells it. */
export type Job = Omit<JobEntity, 'status'> & { status: JobState };

/** What may be stored together with a move. The time stamp of the new state is set by the move itself. */
export type MoveDetails = Partial<
  Pick<
    JobEntity,
    'message' | 'exitCode' | 'signal' | 'ref' | 'startedAt' | 'endedAt' | 'attempt' | 'givenUpKey' | 'givenUpRef'
  >
>;

/** A job about to be accepted. */
export type NewJob = Pick<JobEntity, 'userId' | 'service' | 'loc' | 'message'> & { key: string } & Partial<JobWishes>;

/** What is found out about a row of the Rust program. Its state is part of it: nobody follows the job yet. */
export type Adoption = Pick<JobEntity, 'loc' | 'ref'> &
  Partial<Pick<JobEntity, 'message' | 'endedAt' | 'releasedAt' | 'terminateAt'>> & { status?: JobState };

/** One service, or all but some. */
export type ServiceChoice = { readonly only: string } | { readonly allBut: readonly string[] };

/** An `Idempotency-Key` and what came with it. */
export type UploadKey = Pick<UploadKeyEntity, 'key' | 'content'>;

/** A row of a job takes about a kilobyte in memory. */
const CACHED_JOBS = 20_000;

/** What a job has before anything has happened to it. */
const BLANK = {
  ...NO_WISHES,
  destId: null,
  ref: null,
  exitCode: null,
  signal: null,
  processingAt: null,
  submittedAt: null,
  startedAt: null,
  endedAt: null,
  cleanedAt: null,
  removedAt: null,
  terminateAt: null,
  releasedAt: null,
  givenUpKey: null,
  givenUpRef: null,
  attempt: 1,
};

/**
 * All SQL on jobs. Only one server writes to the table (it holds a lock), so rows are kept in memory, written through:
 * a poll then asks no database.
 */
@Injectable()
export class JobsRepository {
  private readonly cache = new RowCache<Job>(CACHED_JOBS);

  constructor(
    @InjectRepository(JobEntity, READER) private readonly reader: Repository<JobEntity>,
    private readonly writes: WriteQueue,
    private readonly events: JobEvents,
  ) {}

  /**
   * Stores an accepted job as `Queued`; returns its id after COMMIT. With an upload key that is known already nothing
   * is stored: the upload is a repeat.
   * @throws UploadKeyConflictError the key stands for another content
   */
  async insert(job: NewJob, uploadKey: UploadKey | null = null): Promise<{ id: number; isRepeat: boolean }> {
    const row = { ...BLANK, ...job, createdAt: new Date() };
    const stored = await this.writes.run(async (manager) => {
      const known = uploadKey && (await findUploadKey(manager, uploadKey));
      if (known) {
        return { id: known.jobId, isRepeat: true };
      }
      const id = await insertRow(manager, JobEntity, { ...row, status: toStored('Queued') });
      if (uploadKey) {
        // One that is too old to count may still be there.
        await manager.delete(UploadKeyEntity, { key: uploadKey.key });
        await manager.insert(UploadKeyEntity, { ...uploadKey, jobId: id, createdAt: Date.now() });
      }
      return { id, isRepeat: false };
    });
    if (!stored.isRepeat) {
      this.cache.put({ ...row, id: stored.id, status: 'Queued' });
      const { userId, service } = job;
      this.events.moved.next({ id: stored.id, userId, service, from: null, to: 'Queued' });
    }
    return stored;
  }

  /** The job of an upload that came with this key before; `null`: none did. @throws UploadKeyConflictError */
  async findUpload(uploadKey: UploadKey): Promise<number | null> {
    return (await findUploadKey(this.reader.manager, uploadKey))?.jobId ?? null;
  }

  /** Leaves out ids up to this one: jobs had them that the database knows nothing of. */
  async skipIdsUpTo(id: number): Promise<void> {
    await this.writes.run(async (manager) => {
      // Where no job was ever stored there is no row yet.
      const isThere = "SELECT 1 FROM sqlite_sequence WHERE name = 'jobs'";
      await manager.query(`INSERT INTO sqlite_sequence (name, seq) SELECT 'jobs', 0 WHERE NOT EXISTS (${isThere})`);
      await manager.query("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'jobs'", [id]);
    });
  }

  /** Forgets upload keys that are older. */
  async forgetUploadKeys(createdBefore: number): Promise<void> {
    await this.writes.run((manager) => manager.delete(UploadKeyEntity, { createdAt: LessThan(createdBefore) }));
  }

  async find(id: number): Promise<Job | null> {
    return this.cache.find(id, async () => {
      const row = await this.reader.findOneBy({ id });
      return row && toJob(row);
    });
  }

  /** Every job that has not ended, in the order of upload. */
  async listLive(): Promise<Job[]> {
    const rows = await this.reader.find({ where: { status: In(LIVE_STATES.map(toStored)) }, order: { id: 'ASC' } });
    return rows.map(toJob);
  }

  /** Ended jobs whose copy at the backend has not been released yet. */
  async listUnreleased(): Promise<Job[]> {
    const rows = await this.reader
      .createQueryBuilder('job')
      .where('job.ref IS NOT NULL AND job.releasedAt IS NULL')
      // Not "IN the ended ones": SQLite would then read the whole history by its index on states.
      .andWhere('job.status NOT IN (:...others)', { others: [...LIVE_STATES, 'Cleaned' as const].map(toStored) })
      .getMany();
    return rows.map(toJob);
  }

  /** Jobs of which an attempt was given up and may still run at its backend. */
  async listGivenUp(): Promise<Job[]> {
    return (await this.reader.createQueryBuilder('job').where('job.givenUpKey IS NOT NULL').getMany()).map(toJob);
  }

  /** Nothing of the attempt that was given up can run any more. */
  async clearGivenUp(id: number): Promise<void> {
    const cleared = { givenUpKey: null, givenUpRef: null };
    await this.writes.runUntilStored((manager) => manager.update(JobEntity, { id }, cleared));
    this.cache.patch(id, cleared);
  }

  /** Ended before `endedBefore`, at most `limit` of them. */
  async listExpired(services: ServiceChoice, endedBefore: number, limit: number): Promise<Job[]> {
    const query = this.reader
      .createQueryBuilder('job')
      .where('job.status IN (:...ended)', { ended: ENDED_STATES.map(toStored) })
      .andWhere('job.endedAt < :endedBefore', { endedBefore });
    if ('only' in services) {
      query.andWhere('job.service = :service', { service: services.only });
    } else if (services.allBut.length > 0) {
      query.andWhere('job.service NOT IN (:...others)', { others: services.allBut });
    }
    return (await query.limit(limit).getMany()).map(toJob);
  }

  /** Cleaned jobs whose directory could not be removed yet. */
  async listUnremoved(limit: number): Promise<Job[]> {
    const rows = await this.reader
      .createQueryBuilder('job')
      .where('job.cleanedAt IS NOT NULL AND job.removedAt IS NULL')
      .orderBy('job.id')
      .limit(limit)
      .getMany();
    return rows.map(toJob);
  }

  /** Which of these directories belong to a job, whatever its state. */
  async whichAreOwned(locs: readonly string[]): Promise<Set<string>> {
    const rows = await this.reader.find({ select: { loc: true }, where: { loc: In(locs) } });
    return new Set(rows.map((row) => row.loc));
  }

  /**
   * Moves the job if it may still move there from the state it is in; the decision is taken inside the statement.
   * `null`: another writer was first, or the job is unknown; read the row, don't insist. Else the state it came from.
   * While the database is locked or its disk is full, it waits: a state that was reached must not be forgotten.
   */
  async move(id: number, to: JobState, details: MoveDetails = {}, now = Date.now()): Promise<JobState | null> {
    const change = { ...timeStampOf(to, now), ...details };
    const before = await this.writes.runUntilStored(async (manager) => {
      const known = this.cache.get(id) ?? (await readWithin(manager, id));
      const statuses = sourcesOf(to).map(toStored);
      const isMoved =
        known && (await updateRow(manager, JobEntity, { ...change, status: toStored(to) }, { id, statuses }));
      return isMoved ? known : null;
    });
    if (!before) {
      return null;
    }
    // Moves of one job that were committed together: what the one before has made of it.
    const from = this.cache.get(id)?.status ?? before.status;
    this.cache.patch(id, { ...change, status: to });
    this.events.moved.next({ id, userId: before.userId, service: before.service, from, to });
    return from;
  }

  /** Stores the wish to terminate, unless the job has ended. `false`: it has, or is unknown. */
  async wishTermination(id: number, now = Date.now()): Promise<boolean> {
    const isStored = await this.writes.run(async (manager) => {
      const result = await manager
        .createQueryBuilder()
        .update(JobEntity)
        .set({ terminateAt: () => 'COALESCE(terminate_at, :now)' })
        .where('id = :id AND status IN (:...live)', { id, live: LIVE_STATES.map(toStored), now })
        .execute();
      return result.affected === 1;
    });
    if (isStored) {
      this.cache.patch(id, { terminateAt: this.cache.get(id)?.terminateAt ?? now });
    }
    return isStored;
  }

  /** Says in the row what holds a job up that is in one of these states. */
  async note(id: number, message: string, states: readonly Status[]): Promise<void> {
    const where = { id, statuses: states.map(toStored) };
    if (await this.writes.run((manager) => updateRow(manager, JobEntity, { message }, where))) {
      this.cache.patch(id, { message });
    }
  }

  /** The Rust program's rows of a state that is none of ours, before anything else is read. */
  async settleForeign(): Promise<void> {
    const { stored, message } = FOREIGN_LOST;
    const settled = { status: toStored('Failed'), message };
    await this.writes.run((manager) => manager.update(JobEntity, { status: stored as StoredStatus }, settled));
  }

  /** Rows of the Rust program that have not been taken over. */
  async listForeign(limit: number): Promise<Job[]> {
    return (await this.reader.find({ where: { key: IsNull() }, order: { id: 'ASC' }, take: limit })).map(toJob);
  }

  /** Makes a row of the Rust program one of ours. */
  async adopt(id: number, key: string, adoption: Adoption): Promise<void> {
    const { status, ...others } = adoption;
    const stored = { ...others, ...(status && { status: toStored(status) }), key };
    await this.writes.run((manager) => manager.update(JobEntity, { id }, stored));
    this.cache.patch(id, { ...adoption, key });
  }

  async markReleased(id: number, now = Date.now()): Promise<void> {
    await this.writes.run((manager) => manager.update(JobEntity, { id }, { releasedAt: now }));
    this.cache.patch(id, { releasedAt: now });
  }

  async markRemoved(id: number, now = Date.now()): Promise<void> {
    await this.writes.run((manager) => manager.update(JobEntity, { id }, { removedAt: now }));
    this.cache.patch(id, { removedAt: now });
  }
}

/** How long a repeat of an upload is recognised, in milliseconds. */
export const UPLOAD_KEY_AGE_MS = 86_400_000;

/** @throws UploadKeyConflictError */
async function findUploadKey(manager: EntityManager, { key, content }: UploadKey): Promise<UploadKeyEntity | null> {
  const known = await manager.findOneBy(UploadKeyEntity, { key });
  if (!known || known.createdAt < Date.now() - UPLOAD_KEY_AGE_MS) {
    return null;
  }
  if (known.content !== content) {
    throw new UploadKeyConflictError(key, known.jobId);
  }
  return known;
}

async function readWithin(manager: EntityManager, id: number): Promise<Job | null> {
  const row = await manager.findOneBy(JobEntity, { id });
  return row && toJob(row);
}

function toJob(row: JobEntity): Job {
  return { ...row, status: fromStored(row.status) };
}

function timeStampOf(to: JobState, now: number): Partial<JobEntity> {
  switch (to) {
    case 'Queued':
      return { processingAt: null, submittedAt: null, startedAt: null };
    case 'Processing':
      return { processingAt: now };
    case 'Submitted':
      return { submittedAt: now };
    case 'Running':
      return { startedAt: now };
    case 'Completed':
    case 'Failed':
    case 'Invalid':
    case 'Killed':
      return { endedAt: now };
    case 'Cleaned':
      return { cleanedAt: now };
    case 'Prepared':
    case 'Locked':
    case 'Unknown':
      return {};
  }
}
