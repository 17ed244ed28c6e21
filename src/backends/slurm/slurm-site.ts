import { Logger } from '@nestjs/common';
import { backOff, delay } from '../../common/delay';
import { errnoOf, messageOf, OrchestratorError } from '../../common/errors';
import { failpoint } from '../../common/failpoint';
import type { JobHandle, JobSubmission } from '../backend';
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backend.errors';
import { batchScript } from './batch-script';
import { JobDirectory } from './job-directory';
import type { JobReporter } from './job-reporter';
import { requestOf, resourcesOf, withoutAllowance } from './job-requests';
import { KeyedTurns } from './keyed-turns';
import { Pacer } from './pacer';
import { readRecords } from './run-records';
import type { SlurmCluster } from './slurm-cluster';
import { SlurmLimitError } from './slurm-errors';
import { endedByItself } from './slurm-report';
import { KEY_PATTERN, type SlurmRef } from './slurm-ref';
import { isOver } from './slurm-state';
import type { SlurmService } from './slurm.config';
import { jobNameOf, mayRequeue, type SubmitRequest } from './submit-request';

/** A cancelled job gets KillWait (30 s by default) to end; SLURM may need more to see that it has. */
const CANCEL_LIMIT_MS = 120_000;
const LOOK_AGAIN = { firstMs: 100, maxMs: 2_000 };

/** One service on its cluster: brings jobs there, finds them again, ends them. */
export class SlurmSite {
  private readonly logger = new Logger(SlurmSite.name);
  private readonly turns = new KeyedTurns();
  private readonly pacer: Pacer;

  constructor(
    readonly service: SlurmService,
    readonly cluster: SlurmCluster,
    readonly reporter: JobReporter,
  ) {
    this.pacer = new Pacer(service.submitRate);
  }

  directoryOf(key: string): JobDirectory {
    return new JobDirectory(this.service.workDir, key);
  }

  /** As Backend.submit. */
  async submit(job: JobSubmission, signal: AbortSignal): Promise<SlurmRef> {
    demandKey(job.key);
    return this.turns.run(job.key, () => onDisk(() => this.submitOnce(job, signal)));
  }

  /** As Backend.find. @throws BackendUnavailableError */
  async find(job: JobHandle, signal: AbortSignal): Promise<SlurmRef | null> {
    demandKey(job.key);
    return this.turns.run(job.key, () => onDisk(() => this.findOnce(job.key, signal)));
  }

  /** As Backend.terminate. @param jobId of its ref; `null`: without a ref, by the key alone */
  async terminate(key: string, jobId: number | null, signal: AbortSignal): Promise<void> {
    demandKey(key);
    try {
      await onDisk(() => this.directoryOf(key).bury());
      await this.turns.run(key, () => onDisk(() => this.terminateOnce(key, jobId, signal)));
    } catch (error) {
      throw error instanceof BackendUnavailableError
        ? new BackendUnclearError(error.message, true, { cause: error })
        : error;
    }
  }

  private async terminateOnce(key: string, jobId: number | null, signal: AbortSignal): Promise<void> {
    const directory = this.directoryOf(key);
    const { state } = await directory.handed();
    if (jobId !== null || state === 'asked' || state === 'taken') {
      await this.cancel(key, signal);
    }
    // Nobody knows a ref to release it by.
    if (jobId === null && state !== 'refused' && !endedByItself((await readRecords(directory.paths)).exit)) {
      await directory.remove();
    }
  }

  private async submitOnce(job: JobSubmission, signal: AbortSignal): Promise<SlurmRef> {
    const { service } = this;
    const directory = this.directoryOf(job.key);
    const resources = resourcesOf(job, service);
    const known = await this.findOnce(job.key, signal);
    if (known) {
      return known;
    }
    const script = batchScript({
      id: String(job.id),
      key: job.key,
      paths: directory.paths,
      prolog: service.prolog,
      walltimeMs: resources.walltimeMs,
      jobEnv: service.jobEnv,
      mayRequeue: mayRequeue(service.options),
    });
    await directory.prepare({
      service: service.name,
      inputDir: job.inputDir,
      batchScript: script,
      filter: service.scriptFilter,
    });
    failpoint('slurm:prepared');
    if ((await directory.handed()).state === 'refused') {
      return { service: service.name, jobId: null, key: job.key };
    }
    await this.pacer.turn(signal);
    if (await directory.isBuried()) {
      throw await this.without(directory, new BackendRejectedError('terminated before it reached SLURM'));
    }
    if (signal.aborted) {
      throw await this.without(directory, new BackendUnavailableError('the hand-over was aborted'));
    }
    try {
      await directory.noteAsked();
    } catch (error) {
      throw await this.without(directory, error);
    }
    failpoint('slurm:asked');
    try {
      const request = requestOf(job.key, directory.paths, script, service, resources);
      const jobId = await this.hand(request, resources.walltimeMs, signal);
      failpoint('slurm:submitted');
      this.reporter.noteSubmitted(jobId);
      await this.noteTaken(directory, jobId);
      return { service: service.name, jobId, key: job.key };
    } catch (error) {
      // SLURM has nothing of it, so neither should we.
      const isSure = error instanceof BackendRejectedError || error instanceof BackendUnavailableError;
      throw isSure ? await this.without(directory, error) : error;
    }
  }

  /** What SLURM refuses may be the allowance on top of the run time, which is our addition: then it is left out. */
  private async hand(request: SubmitRequest, walltimeMs: number | null, signal: AbortSignal): Promise<number> {
    try {
      return await this.cluster.submit(request, signal);
    } catch (error) {
      const modest = withoutAllowance(request, walltimeMs);
      if (modest === null || !(error instanceof BackendRejectedError || error instanceof SlurmLimitError)) {
        throw error;
      }
      return this.cluster.submit(modest, signal);
    }
  }

  private async findOnce(key: string, signal: AbortSignal): Promise<SlurmRef | null> {
    const directory = this.directoryOf(key);
    const handed = await directory.handed();
    const refTo = (jobId: number | null): SlurmRef => ({ service: this.service.name, jobId, key });
    switch (handed.state) {
      case 'not-asked':
        return null;
      case 'refused':
        return refTo(null);
      case 'taken':
        return refTo(handed.jobId);
      case 'asked': {
        const jobId = await this.findByName(jobNameOf(key), signal);
        if (jobId !== null) {
          await this.noteTaken(directory, jobId);
        }
        return jobId === null ? null : refTo(jobId);
      }
    }
  }

  /** SLURM has the job, whatever the disk says to the note: without it the job is found by its name. */
  private async noteTaken(directory: JobDirectory, jobId: number): Promise<void> {
    await directory.noteTaken(jobId).catch((error: unknown) => {
      this.logger.warn({ err: error }, `job ${jobId} of SLURM could not be noted in ${directory.paths.root}`);
    });
  }

  /**
   * The first job of this name that SLURM knows, or knew. A second one finds the job claimed, and leaves.
   * @throws BackendUnclearError when there is none, but something that can't be read
   */
  private async findByName(name: string, signal: AbortSignal): Promise<number | null> {
    const { jobs, unreadable } = await this.cluster.since(performance.now());
    const listed = [...jobs.values()].filter((job) => job.name === name).map(({ jobId }) => jobId);
    if (listed.length > 0) {
      return Math.min(...listed);
    }
    demandReadable(unreadable);
    const past = await this.cluster.transport.past({ name }, signal);
    const known = (past?.jobs ?? []).filter((job) => job.name === name).map(({ jobId }) => jobId);
    if (known.length === 0) {
      demandReadable(past?.unreadable ?? []);
      return null;
    }
    return Math.min(...known);
  }

  /** By name, never by an id alone: a controller that has lost its state gives the ids of our jobs to others. */
  private async cancel(key: string, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + CANCEL_LIMIT_MS;
    let mustCancel = true;
    for (let attempt = 1; !signal.aborted && performance.now() < deadline; attempt++) {
      const { jobs, unreadable } = await this.cluster.since(performance.now());
      const named = [...jobs.values()].filter(({ name }) => name === jobNameOf(key));
      const live = named.filter(({ words }) => !isOver(words));
      if (named.length === 0) {
        demandReadable(unreadable);
      }
      if (live.length === 0) {
        return;
      }
      if (mustCancel) {
        await this.cluster.transport.cancel(
          live.map(({ jobId }) => jobId),
          signal,
        );
        mustCancel = false;
      }
      await delay(backOff(attempt, LOOK_AGAIN), signal);
    }
    throw new BackendUnclearError('SLURM has not ended the job yet', true);
  }

  /** The error, once nothing is left of the job here. */
  private async without(directory: JobDirectory, error: unknown): Promise<unknown> {
    await directory.remove().catch(() => undefined);
    return error;
  }
}

/** Whatever is not among the jobs of a list may be in what can't be read of it. */
function demandReadable([first]: readonly string[]): void {
  if (first !== undefined) {
    throw new BackendUnclearError(`SLURM: its list of jobs has a line that can't be read: ${first}`, true);
  }
}

function demandKey(key: string): void {
  if (!KEY_PATTERN.test(key)) {
    throw new BackendRejectedError(`the key ${JSON.stringify(key)} can't name a directory`);
  }
}

/** Faults of the work directory's file system say nothing about the job: it waits. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) === undefined || error instanceof OrchestratorError) {
      throw error;
    }
    throw new BackendUnavailableError(`the work directory of SLURM jobs: ${messageOf(error)}`, { cause: error });
  }
}
