import { messageOf } from '../../common/errors';
import type { BackendRef, BackendReport } from '../backend';
import { bareReport } from '../bare-report';
import { type Handed, JobDirectory } from './job-directory';
import type { JobSight } from './job-sight';
import { type EndFacts, endReport, lacksRecord, liveReport } from './slurm-report';
import { PatientReads } from './patient-reads';
import { readRecords } from './run-records';
import type { SlurmCluster, Snapshot } from './slurm-cluster';
import type { SlurmRef } from './slurm-ref';
import { isOver } from './slurm-state';
import { jobNameOf } from './submit-request';

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

/** A job that is not in SLURM's list, and whose own records don't tell of its end. */
interface Missing extends AskedJob {
  /** The SLURM job that has it: another one than the ref's when two were made of one key. */
  readonly jobId: number;
  readonly facts: EndFacts;
}

type Accounting = 'off' | 'away' | 'asked';

/**
 * Says how jobs of one cluster are: by a list of SLURM's, by their own records, and by accounting. A job of SLURM's is
 * taken for one of ours only by id and name: a controller that has lost its state, or another cluster in place of the one
 * that was, begins again to count.
 */
export class JobReporter {
  /** When a job was submitted (performance.now()): a list that was asked for earlier doesn't have it. */
  private readonly submittedAt = new Map<number, number>();
  /** Since when something is missed of a job. */
  private readonly missedSince = new Map<BackendRef, number>();
  /** What accounting said of jobs that are over. */
  private readonly past = new Map<BackendRef, JobSight>();
  private pastAskedAt = -Infinity;
  private readonly facts = new PatientReads<Omit<EndFacts, 'sight'>>();
  private readonly handed = new PatientReads<Handed>();
  private readonly keys = new Set<string>();

  constructor(private readonly cluster: SlurmCluster) {}

  /** Whether anybody has asked for a job of this key since the program started, and has not let go of it. */
  isInUse(key: string): boolean {
    return this.keys.has(key);
  }

  noteSubmitted(jobId: number): void {
    this.submittedAt.set(jobId, performance.now());
  }

  forget({ jobId, key }: SlurmRef, ref: BackendRef): void {
    this.keys.delete(key);
    this.missedSince.delete(ref);
    this.past.delete(ref);
    if (jobId !== null) {
      this.submittedAt.delete(jobId);
    }
  }

  /** Answers for each job; never throws. */
  async report(jobs: readonly AskedJob[], signal: AbortSignal): Promise<Map<BackendRef, BackendReport>> {
    const reports = new Map<BackendRef, BackendReport>();
    jobs.forEach(({ at }) => this.keys.add(at.key));
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
    const asked = jobs.filter(({ ref }) => !reports.has(ref));
    const missing = await Promise.all(asked.map((job) => answer(job, () => this.one(job, job.at.jobId, snapshot))));
    if (missing.flat().length > 0 && snapshot) {
      const { unreadable } = snapshot;
      const accounting = await this.askAccounting(missing.flat(), signal);
      await Promise.all(
        missing.flat().map((job) => answer(job, () => Promise.resolve(this.missed(job, unreadable, accounting)))),
      );
    }
    return reports;
  }

  /** By the list alone where that is enough. Records are read of jobs only that are over. */
  private async one(job: AskedJob, jobId: number | null, snapshot: Snapshot | null): Promise<BackendReport | Missing> {
    if (jobId === null || snapshot === null) {
      const directory = new JobDirectory(job.workDir, job.at.key);
      const handed = await this.handed.read(directory.paths.root, () => directory.handed());
      return handed.state === 'refused'
        ? bareReport('invalid', handed.reason)
        : bareReport('lost', 'the directory of the job is gone');
    }
    const sight = snapshot.jobs.get(jobId);
    if (sight?.name === jobNameOf(job.at.key)) {
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
    // The controller doesn't know the job (any more).
    const facts = await this.factsOf(job, null);
    if (facts.records.exit?.jobId === jobId) {
      this.missedSince.delete(job.ref);
      return endReport(facts);
    }
    return (await this.otherJob(job, jobId, facts, snapshot)) ?? { ...job, jobId, facts };
  }

  private async over(job: AskedJob, sight: JobSight, snapshot: Snapshot): Promise<BackendReport | Missing> {
    const facts = await this.factsOf(job, sight);
    return (await this.otherJob(job, sight.jobId, facts, snapshot)) ?? this.ended(job, facts);
  }

  /** Two SLURM jobs were made of one key (we died between SLURM's answer and our record): the other one runs it. */
  private otherJob(
    job: AskedJob,
    jobId: number,
    { records: { startedBy } }: EndFacts,
    snapshot: Snapshot,
  ): Promise<BackendReport | Missing> | null {
    const isOther = startedBy !== null && startedBy !== jobId && job.at.jobId === jobId;
    return isOther ? this.one(job, startedBy, snapshot) : null;
  }

  private ended({ ref }: AskedJob, facts: EndFacts): BackendReport {
    if (lacksRecord(facts) && !this.isMissedFor(ref, RECORD_GRACE_MS)) {
      const words = facts.sight?.words.join(', ') ?? '';
      return bareReport('unclear', `SLURM: ${words}; waiting for the job's own record of its end`);
    }
    this.missedSince.delete(ref);
    return endReport(facts);
  }

  private missed(job: Missing, unreadable: readonly string[], accounting: Accounting): BackendReport {
    const sight = this.past.get(job.ref);
    if (sight?.jobId === job.jobId) {
      return this.ended(job, { ...job.facts, sight });
    }
    const [first] = unreadable;
    if (first !== undefined) {
      return bareReport('unclear', `SLURM does not list the job, but its list has a line that can't be read: ${first}`);
    }
    if (accounting === 'away' || !this.isMissedFor(job.ref, LOST_AFTER_MS)) {
      return bareReport('unclear', 'SLURM does not list the job any more; looking for its end');
    }
    this.missedSince.delete(job.ref);
    const where = accounting === 'off' ? 'there is no accounting' : 'accounting does not know it';
    return bareReport('lost', `SLURM does not know the job any more, ${where}, and it left no record of its end`);
  }

  private async factsOf(job: AskedJob, sight: JobSight | null): Promise<EndFacts> {
    const directory = new JobDirectory(job.workDir, job.at.key);
    const facts = await this.facts.read(directory.paths.root, async () => {
      const [records, isBuried] = await Promise.all([readRecords(directory.paths), directory.isBuried()]);
      return { records, isBuried };
    });
    return { sight, ...facts };
  }

  private async askAccounting(jobs: readonly Missing[], signal: AbortSignal): Promise<Accounting> {
    const unknown = jobs.filter(({ ref, jobId }) => this.past.get(ref)?.jobId !== jobId);
    if (unknown.length === 0) {
      return 'asked';
    }
    if (performance.now() - this.pastAskedAt < ASK_ACCOUNTING_EVERY_MS) {
      return 'away';
    }
    this.pastAskedAt = performance.now();
    try {
      const found = await this.cluster.transport.past({ jobIds: unknown.map(({ jobId }) => jobId) }, signal);
      for (const sight of (found?.jobs ?? []).filter(({ words }) => isOver(words))) {
        unknown
          .filter(({ jobId, at }) => jobId === sight.jobId && jobNameOf(at.key) === sight.name)
          .forEach(({ ref }) => this.past.set(ref, sight));
      }
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
