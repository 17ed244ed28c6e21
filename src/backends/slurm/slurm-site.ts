import { backOff, delay } from '../../common/delay';
import { errnoOf, messageOf, OrchestratorError } from '../../common/errors';
import { failpoint } from '../../common/failpoint';
import type { JobHandle, JobSubmission } from '../backend';
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backend.errors';
import { batchScript } from './batch-script';
import { JobDirectory } from './job-directory';
import type { JobReporter } from './job-reporter';
import { requestOf, resourcesOf } from './job-requests';
import { KeyedTurns } from './keyed-turns';
import { Pacer } from './pacer';
import type { SlurmCluster } from './slurm-cluster';
import { KEY_PATTERN, type SlurmRef } from './slurm-ref';
import { isOver } from './slurm-state';
import type { SlurmService } from './slurm.config';
import { jobNameOf, mayRequeue } from './submit-request';

/** A cancelled job gets KillWait (30 s by default) to end; SLURM may need more to see that it has. */
const CANCEL_LIMIT_MS = 120_000;
const LOOK_AGAIN = { firstMs: 100, maxMs: 2_000 };

/** One service on its cluster: brings jobs there, finds them again, ends them. */
export class SlurmSite {
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

  /** As Backend.terminate. */
  async terminate(key: string, jobId: number | null, signal: AbortSignal): Promise<void> {
    demandKey(key);
    try {
      await onDisk(() => this.directoryOf(key).bury());
      await this.turns.run(key, async () => {
        const found = await onDisk(() => this.findOnce(key, signal));
        const jobIds = [jobId, found?.jobId ?? null].filter((id) => id !== null);
        if (jobIds.length > 0) {
          await this.cancel(key, new Set(jobIds), signal);
        }
      });
    } catch (error) {
      throw error instanceof BackendUnavailableError
        ? new BackendUnclearError(error.message, true, { cause: error })
        : error;
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
    await directory.prepare({ inputDir: job.inputDir, batchScript: script, filter: service.scriptFilter });
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
    await directory.noteAsked();
    try {
      const request = requestOf(job.key, directory.paths, script, service, resources);
      const jobId = await this.cluster.submit(request, signal);
      failpoint('slurm:submitted');
      this.reporter.noteSubmitted(jobId);
      await directory.noteTaken(jobId);
      return { service: service.name, jobId, key: job.key };
    } catch (error) {
      // SLURM has nothing of it, so neither should we.
      const isSure = error instanceof BackendRejectedError || error instanceof BackendUnavailableError;
      throw isSure ? await this.without(directory, error) : error;
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
          await directory.noteTaken(jobId);
        }
        return jobId === null ? null : refTo(jobId);
      }
    }
  }

  /** The first job of this name that SLURM knows, or knew. A second one finds the job claimed, and leaves. */
  private async findByName(name: string, signal: AbortSignal): Promise<number | null> {
    const { jobs } = await this.cluster.since(performance.now());
    const listed = [...jobs.values()].filter((job) => job.name === name).map(({ jobId }) => jobId);
    if (listed.length > 0) {
      return Math.min(...listed);
    }
    const past = await this.cluster.transport.past({ name }, signal);
    const known = (past?.jobs ?? []).filter((job) => job.name === name).map(({ jobId }) => jobId);
    return known.length === 0 ? null : Math.min(...known);
  }

  private async cancel(key: string, known: ReadonlySet<number>, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + CANCEL_LIMIT_MS;
    let mustCancel = true;
    for (let attempt = 1; !signal.aborted && performance.now() < deadline; attempt++) {
      const { jobs } = await this.cluster.since(performance.now());
      const live = [...jobs.values()].filter(
        (job) => (known.has(job.jobId) || job.name === jobNameOf(key)) && !isOver(job.words),
      );
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

function demandKey(key: string): void {
  if (!KEY_PATTERN.test(key)) {
    throw new BackendRejectedError(`the key ${JSON.stringify(key)} can't name a directory`);
  }
}

/** Faults of the work directory's file system say nothing about the job: it waits. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) === undefined || error instanceof OrchestratorError) {
      throw error;
    }
    throw new BackendUnavailableError(`the work directory of SLURM jobs: ${messageOf(error)}`, { cause: error });
  }
}
