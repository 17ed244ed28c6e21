import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { backOff, delay } from '../common/delay';
import { errnoOf } from '../common/errors';
import { failpoint } from '../common/failpoint';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import type { BackendRef } from '../backends/backend';
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backends/backend.errors';
import { JobFiles } from '../jobs/job-files';
import { isFinal } from '../jobs/job-state';
import { refusalOf } from '../jobs/job-wishes';
import { JobsRepository } from '../jobs/jobs.repository';
import { SCRIPT_NAME } from '../wire/protocol';
import type { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { JobEnder } from './job-ender.service';
import { JobNotes } from './job-notes.service';
import { Tracker } from './tracker.service';

/** Between two questions about a hand-over whose outcome is not known. */
const ASK_AGAIN = { firstMs: 200, maxMs: 15_000 };

/** A walltime that turns out to be beyond an executor is kept by Overtime: the job was accepted. */
const KEPT_BY_US = { walltime: true };

/** How a hand-over went. `refused`: for now, the job waits again; the text says why. */
export type HandOverResult = { readonly done: true } | { readonly done: false; readonly refused: string };

/** Takes one job from `Processing` to `Submitted`, and leaves it nowhere in between. */
@Injectable()
export class HandOver {
  private readonly logger = new Logger(HandOver.name);

  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    private readonly active: ActiveJobs,
    private readonly tracker: Tracker,
    private readonly ender: JobEnder,
    private readonly notes: JobNotes,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /** Hands over a job that has just been moved to `Processing`. */
  async begin(job: ActiveJob): Promise<HandOverResult> {
    this.active.add(job);
    failpoint('dispatch:processing');
    try {
      if (!this.hasScript(job)) {
        await this.ender.end(job, 'Invalid', { message: 'run.sh is missing' });
        return { done: true };
      }
    } catch (error) {
      this.logger.error({ err: error, jobId: job.id }, 'the files of a job could not be read');
      return this.takeBack(job, 'the server could not read its files');
    }
    return this.insist(job, false);
  }

  /** Goes on with a hand-over that an earlier server began: whether the backend has the job is not known. */
  async resume(job: ActiveJob): Promise<HandOverResult> {
    this.active.add(job);
    return this.insist(job, true);
  }

  private async insist(job: ActiveJob, isUnclear: boolean): Promise<HandOverResult> {
    const { signal } = job.abort;
    let mustAsk = isUnclear;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const ref = mustAsk ? await this.ask(job) : await this.submit(job);
        if (ref !== null) {
          await this.accepted(job, ref, mustAsk);
          return { done: true };
        }
        mustAsk = false;
      } catch (error) {
        if (job.abort.signal.aborted) {
          break;
        }
        if (error instanceof BackendRejectedError) {
          // Refused since it was terminated: its end is the terminator's to tell.
          if ((await this.jobs.find(job.id))?.terminateAt != null) {
            return { done: true };
          }
          await this.ender.end(job, 'Failed', { message: error.message });
          return { done: true };
        }
        if (error instanceof BackendUnavailableError && !mustAsk) {
          return this.takeBack(job, error.message);
        }
        if (error instanceof BackendUnclearError && !(error.retryable && this.findsByKey(job))) {
          const message = `outcome of the hand-over unknown: ${error.message}`;
          await this.ender.end(job, 'Failed', { message });
          return { done: true };
        }
        if (!(error instanceof BackendUnavailableError || error instanceof BackendUnclearError)) {
          // Nothing that a backend says: our own disk or code. The job waits; the log has the reason.
          this.logger.error({ err: error, jobId: job.id }, 'a hand-over failed');
          return mustAsk ? this.wait(job, attempt) : this.takeBack(job, 'the server could not read its files');
        }
        mustAsk = true;
        if (performance.now() - job.lastContactAt > this.config.executorLostAfterMs) {
          const reason = `executor lost: outcome of the hand-over unknown: ${error.message}`;
          await this.ender.lose(job, reason, 'may still run');
          return { done: true };
        }
        await this.notes.say(job, error.message);
        await delay(backOff(attempt, ASK_AGAIN), signal);
      }
    }
    return { done: true };
  }

  private async submit(job: ActiveJob): Promise<BackendRef> {
    const { id, key, service, wishes } = job;
    const limits = this.config.services.get(service);
    // Accepted under another configuration, perhaps.
    const refusal = limits && refusalOf(wishes, limits, { ...job.backend.capabilities(service), ...KEPT_BY_US });
    if (refusal) {
      throw new BackendRejectedError(refusal.text);
    }
    const inputDir = this.files.inputDir(job.loc);
    const walltimeMs = wishes.walltimeMs ?? limits?.maxRuntimeMs ?? null;
    const isWalltimeDefault = wishes.walltimeMs === null;
    return job.backend.submit(
      { id, key, service, ...wishes, walltimeMs, isWalltimeDefault, inputDir },
      job.abort.signal,
    );
  }

  /** Where the backend has the job; `null` when it surely doesn't. */
  private async ask(job: ActiveJob): Promise<BackendRef | null> {
    const { signal } = job.abort;
    // Only then it is certain what the backend can do.
    await job.backend.ready(job.service, signal);
    if (!this.findsByKey(job)) {
      throw new BackendUnclearError('this executor knows no keys and cannot be asked', false);
    }
    const found = await job.backend.find(job, signal);
    return found === 'absent' ? null : found;
  }

  private findsByKey({ backend, service }: ActiveJob): boolean {
    return backend.capabilities(service).findsByKey;
  }

  private async accepted(job: ActiveJob, ref: BackendRef, wasFound: boolean): Promise<void> {
    failpoint('dispatch:taken');
    const older = this.active.holderOf(ref);
    if (older && older !== job) {
      await this.ender.lose(older, 'the executor has lost the job: it gave its number to another', 'gone');
    }
    if ((await this.jobs.move(job.id, 'Submitted', { ref, message: '' })) === null) {
      // Terminated meanwhile. The backend may not have heard of it.
      await job.backend.terminate(job, ref, this.active.stopping).catch(() => undefined);
      return;
    }
    failpoint('dispatch:submitted');
    job.status = 'Submitted';
    job.note = '';
    job.lastContactAt = performance.now();
    this.active.setRef(job, ref);
    await this.tracker.track(job);
    if (wasFound) {
      // What it has told of the job so far was told to nobody.
      await this.tracker.poll(job.service);
    }
  }

  private async takeBack(job: ActiveJob, reason: string): Promise<HandOverResult> {
    this.active.remove(job);
    if ((await this.jobs.move(job.id, 'Queued', { message: reason })) === null) {
      // Locked: it is the terminator's, who looks for it here.
      const row = await this.jobs.find(job.id);
      if (row && !isFinal(row.status)) {
        this.active.add(job);
      }
    }
    return { done: false, refused: reason };
  }

  private async wait(job: ActiveJob, attempt: number): Promise<HandOverResult> {
    await delay(backOff(attempt, ASK_AGAIN), job.abort.signal);
    return this.insist(job, true);
  }

  private hasScript(job: ActiveJob): boolean {
    try {
      accessSync(join(this.files.inputDir(job.loc), SCRIPT_NAME));
      return true;
    } catch (error) {
      // Whatever else is wrong (a disk that does not answer) says nothing about the upload.
      if (errnoOf(error) === 'ENOENT') {
        return false;
      }
      throw error;
    }
  }
}
