import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { verifyArchive } from '../common/archive/verify-archive';
import { failpoint } from '../common/failpoint';
import { backOff, delay } from '../common/delay';
import { renameDurably } from '../common/durable-fs';
import { messageOf, OrchestratorError } from '../common/errors';
import { SteadyStream } from '../common/steady-stream';
import { Semaphore } from '../common/semaphore';
import { SyncedFile } from '../common/synced-file';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import type { FetchScope } from '../backends/backend';
import { BackendCannotGiveError, BackendLostJobError, BadBackendRefError } from '../backends/backend.errors';
import { JobFiles } from '../jobs/job-files';
import type { ActiveJob } from './active-job';
import { JobNotes } from './job-notes.service';

/** Archives of one service that arrive at a time: one slow executor takes no turn of another's. */
const CONCURRENCY = 48;
const WRITE_CHUNK_BYTES = 256 * 1024;
/** Far below any network that can be worked with. */
const PROGRESS = { minBytes: 32 * 1024, windowMs: 30_000 };
const BACK_OFF = { firstMs: 200, maxMs: 15_000 };
/** So often may a backend say that it can't give the files of a failed job, before the job ends without them. */
const REFUSALS_OF_PARTIAL = 5;

/** The files of a job can't be had any more. */
export class ResultsLostError extends OrchestratorError {
  readonly code = 'results-lost';
  readonly retryable = false;
}

/** Brings the files of ended jobs from the backend to their place here. */
@Injectable()
export class CollectResults {
  private readonly turns = new Map<string, Semaphore>();

  constructor(
    private readonly files: JobFiles,
    private readonly notes: JobNotes,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /**
   * Fetches until the archive is whole and in its place, however often the transfer breaks.
   * @throws ResultsLostError when the backend doesn't have it, or could not give it within EXECUTOR_LOST_AFTER
   */
  async untilWhole(job: ActiveJob, scope: FetchScope): Promise<void> {
    const deadline = performance.now() + this.config.executorLostAfterMs;
    let refusals = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.once(job, scope, job.abort.signal);
        return;
      } catch (error) {
        if (job.abort.signal.aborted) {
          throw error;
        }
        refusals += error instanceof BackendCannotGiveError ? 1 : 0;
        const isRefused = scope === 'partial' && refusals >= REFUSALS_OF_PARTIAL;
        const isGone = error instanceof BackendLostJobError || error instanceof BadBackendRefError;
        if (isGone || isRefused || performance.now() > deadline) {
          throw new ResultsLostError(`its files could not be fetched: ${messageOf(error)}`, { cause: error });
        }
        await this.notes.say(job, `fetching the results: ${messageOf(error)}`);
        await delay(backOff(attempt, BACK_OFF), job.abort.signal);
      }
    }
  }

  /** One attempt. What a broken one leaves is replaced by the next. */
  async once(job: ActiveJob, scope: FetchScope, signal: AbortSignal): Promise<void> {
    const { ref } = job;
    if (ref === null) {
      throw new ResultsLostError('the job never reached the backend');
    }
    const turns = this.turns.get(job.service) ?? new Semaphore(CONCURRENCY);
    this.turns.set(job.service, turns);
    await turns.run(async () => {
      const incoming = this.files.incomingPath(job.loc);
      const archive = await job.backend.fetch(ref, scope, signal);
      try {
        await pipeline(archive, new SteadyStream(PROGRESS), new SyncedFile(incoming, WRITE_CHUNK_BYTES), { signal });
        await verifyArchive(incoming);
        failpoint('collect:fetched');
        await renameDurably(incoming, this.files.archivePath(job.loc));
        failpoint('collect:renamed');
      } catch (error) {
        // What is broken must not hold a full disk full until the next attempt.
        await rm(incoming, { force: true });
        throw error;
      }
    });
  }
}
