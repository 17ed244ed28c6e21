import { messageOf } from '../../common/errors';
import type { BackendRef, BackendReport } from '../backend';
import { JobDirectory } from './job-directory';
import type { JobSight } from './job-sight';
import { type EndFacts, bareReport, endReport, lacksRecord, liveReport } from './slurm-report';
import { readRecords } from './run-records';
import type { SlurmCluster, Snapshot } from './slurm-cluster';
import type { SlurmRef } from './slurm-ref';
import { isOver } from './slurm-state';

/** What a job wrote on another machine may show here so late. */
const RECORD_GRACE_MS = 5_000;
/** A job that nobody knows is lost only when that stays so. */
const LOST_AFTER_MS = 10_000;
/** Accounting is asked so often for the same jobs. */
const ASK_ACCOUNTING_EVERY_MS = 5_000;

/** A job that is asked for. */
export interface AskedJob {
  readonly ref: BackendRef;
  readonly at: SlurmRef;
  readonly workDir: string;
}

interface Missing extends AskedJob {
  /** The SLURM job that has it: another one than the ref's when two were made of one key. */
  readonly jobId: number;
}

/** Says how jobs of one cluster are: by a list of SLURM's, by their own records, and by accounting. */
export class JobReporter {
  /** When a job was submitted (performance.now()): a list that was asked for earlier doesn't have it. */
  private readonly submittedAt = new Map<number, number>();
  /** Since when something is missed of a job. */
  private readonly missedSince = new Map<BackendRef, number>();
  private readonly past = new Map<number, JobSight>();
  private pastAskedAt = -Infinity;

  constructor(private readonly cluster: SlurmCluster) {}

  noteSubmitted(jobId: number): void {
    this.submittedAt.set(jobId, performance.now());
  }

  forget({ jobId }: SlurmRef, ref: BackendRef): void {
    this.missedSince.delete(ref);
    if (jobId !== null) {
      this.submittedAt.delete(jobId);
      this.past.delete(jobId);
    }
  }

  /** Answers for each job; never throws. */
  async report(jobs: readonly AskedJob[], signal: AbortSignal): Promise<Map<BackendRef, BackendReport>> {
    const reports = new Map<BackendRef, BackendReport>();
    const answer = async (job: AskedJob, work: () => Promise<BackendReport | Missing>): Promise<Missing[]> => {
      try {
        const found = await work();
        if ('at' in found) {
          return [found];
        }
        reports.set(job.ref, found);
      } catch (error) {
        reports.set(job.ref, bareReport('unclear', `the job's directory could not be read: ${messageOf(error)}`));
      }
      return [];
    };
    const isSent = jobs.filter(({ at }) => at.jobId !== null);
    let snapshot: Snapshot | null = null;
    try {
      snapshot = isSent.length === 0 ? null : await this.cluster.poll();
    } catch (error) {
      isSent.forEach(({ ref }) => reports.set(ref, bareReport('unclear', messageOf(error))));
    }
    const missing: Missing[] = [];
    for (const job of jobs.filter(({ ref }) => !reports.has(ref))) {
      missing.push(...(await answer(job, () => this.one(job, job.at.jobId, snapshot))));
    }
    if (missing.length > 0 && snapshot) {
      const { unreadable } = snapshot;
      const accounting = await this.askAccounting(missing, signal);
      for (const job of missing) {
        await answer(job, () => this.missed(job, unreadable, accounting));
      }
    }
    return reports;
  }

  /** By the list alone where that is enough. Records are read of jobs only that are over. */
  private async one(job: AskedJob, jobId: number | null, snapshot: Snapshot | null): Promise<BackendReport | Missing> {
    if (jobId === null || snapshot === null) {
      const handed = await new JobDirectory(job.workDir, job.at.key).handed();
      return handed.state === 'refused'
        ? bareReport('invalid', handed.reason)
        : bareReport('lost', 'the directory of the job is gone');
    }
    const sight = snapshot.jobs.get(jobId);
    if (sight) {
      this.submittedAt.delete(jobId);
      if (!isOver(sight.words)) {
        this.missedSince.delete(job.ref);
        return liveReport(sight);
      }
      return this.over(job, sight, snapshot);
    }
    if ((this.submittedAt.get(jobId) ?? -Infinity) > snapshot.askedAt) {
      return bareReport('waiting', 'SLURM: just submitted');
    }
    return { ...job, jobId };
  }

  private async over(job: AskedJob, sight: JobSight, snapshot: Snapshot | null): Promise<BackendReport | Missing> {
    const facts = await this.factsOf(job, sight);
    const { startedBy } = facts.records;
    // Two SLURM jobs were made of one key (we died between SLURM's answer and our record): the other one runs it.
    if (snapshot && startedBy !== null && startedBy !== sight.jobId && job.at.jobId === sight.jobId) {
      return this.one(job, startedBy, snapshot);
    }
    if (lacksRecord(facts) && !this.isMissedFor(job.ref, RECORD_GRACE_MS)) {
      return bareReport('unclear', `SLURM: ${sight.words.join(', ')}; waiting for the job's own record of its end`);
    }
    this.missedSince.delete(job.ref);
    return endReport(facts);
  }

  /** The controller doesn't know the job (any more). */
  private async missed(
    job: Missing,
    unreadable: readonly string[],
    accounting: 'off' | 'away' | 'asked',
  ): Promise<BackendReport> {
    const facts = await this.factsOf(job, null);
    if (facts.records.exit?.jobId === job.jobId) {
      this.missedSince.delete(job.ref);
      return endReport(facts);
    }
    const sight = this.past.get(job.jobId);
    if (sight && isOver(sight.words)) {
      const found = await this.over(job, sight, null);
      return 'at' in found ? bareReport('unclear', 'SLURM: between two jobs') : found;
    }
    const [first] = unreadable;
    if (first !== undefined) {
      return bareReport('unclear', `SLURM does not list the job, but its list has a line that can't be read: ${first}`);
    }
    if (accounting === 'away' || sight || !this.isMissedFor(job.ref, LOST_AFTER_MS)) {
      return bareReport('unclear', 'SLURM does not list the job any more; looking for its end');
    }
    this.missedSince.delete(job.ref);
    const where = accounting === 'off' ? 'there is no accounting' : 'accounting does not know it';
    return bareReport('lost', `SLURM does not know the job any more, ${where}, and it left no record of its end`);
  }

  private async factsOf(job: AskedJob, sight: JobSight | null): Promise<EndFacts> {
    const directory = new JobDirectory(job.workDir, job.at.key);
    const [records, isBuried] = await Promise.all([readRecords(directory.paths), directory.isBuried()]);
    return { sight, records, isBuried };
  }

  private async askAccounting(jobs: readonly Missing[], signal: AbortSignal): Promise<'off' | 'away' | 'asked'> {
    const unknown = jobs.map(({ jobId }) => jobId).filter((jobId) => !this.past.has(jobId));
    if (unknown.length === 0) {
      return 'asked';
    }
    if (performance.now() - this.pastAskedAt < ASK_ACCOUNTING_EVERY_MS) {
      return 'away';
    }
    this.pastAskedAt = performance.now();
    try {
      const found = await this.cluster.transport.past({ jobIds: unknown }, signal);
      found?.jobs.filter(({ words }) => isOver(words)).forEach((sight) => this.past.set(sight.jobId, sight));
      return found === null ? 'off' : found.unreadable.length > 0 ? 'away' : 'asked';
    } catch {
      return 'away';
    }
  }

  private isMissedFor(ref: BackendRef, ms: number): boolean {
    const since = this.missedSince.get(ref) ?? performance.now();
    this.missedSince.set(ref, since);
    return performance.now() - since >= ms;
  }
}
