import { messageOf } from '../../common/errors';
import type { BackendRef, BackendReport } from '../backend';
import { bareReport } from '../bare-report';
import { type Handed, JobDirectory } from './job-directory';
import type { JobSight } from './job-sight';
import { PastJobs } from './past-jobs';
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
  private readonly facts = new PatientReads<Omit<EndFacts, 'sight'>>();
  private readonly handed = new PatientReads<Handed>();
  private readonly keys = new Set<string>();
  private readonly past: PastJobs;

  constructor(private readonly cluster: SlurmCluster) {
    this.past = new PastJobs((query) => cluster.past(query));
  }

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
    this.past.forget(ref);
    if (jobId !== null) {
      this.submittedAt.delete(jobId);
    }
  }

  /** Answers for each job; never throws. */
  async report(jobs: readonly AskedJob[]): Promise<Map<BackendRef, BackendReport>> {
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
      this.dropSubmittedBefore(snapshot);
    } catch (error) {
      isSent.forEach(({ ref }) => reports.set(ref, bareReport('unclear', messageOf(error))));
    }
    const asked = jobs.filter(({ ref }) => !reports.has(ref));
    const found = await Promise.all(asked.map((job) => answer(job, () => this.one(job, job.at.jobId, snapshot))));
    const missing = found.flat();
    const isStillHere = missing.filter(({ at }) => this.keys.has(at.key));
    this.past.lookUp(isStillHere.map(({ ref, jobId, at }) => ({ ref, jobId, name: jobNameOf(at.key) })));
    missing.forEach((job) => reports.set(job.ref, this.missed(job, snapshot?.unreadable ?? [])));
    return reports;
  }

  /** This list, and any later one, has them. Whoever is terminated before it is asked for would else be noted for ever. */
  private dropSubmittedBefore(snapshot: Snapshot | null): void {
    for (const [jobId, at] of this.submittedAt) {
      if (snapshot !== null && at <= snapshot.askedAt) {
        this.submittedAt.delete(jobId);
      }
    }
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

  private ended(job: AskedJob, facts: EndFacts): BackendReport {
    if (lacksRecord(facts) && performance.now() - this.missedFrom(job) < RECORD_GRACE_MS) {
      const words = facts.sight?.words.join(', ') ?? '';
      return bareReport('unclear', `SLURM: ${words}; waiting for the job's own record of its end`);
    }
    this.missedSince.delete(job.ref);
    return endReport(facts);
  }

  private missed(job: Missing, unreadable: readonly string[]): BackendReport {
    const past = this.past.of(job.ref, job.jobId);
    if (past?.sight) {
      return this.ended(job, { ...job.facts, sight: past.sight });
    }
    const [first] = unreadable;
    if (first !== undefined) {
      return bareReport('unclear', `SLURM does not list the job, but its list has a line that can't be read: ${first}`);
    }
    // Also accounting is believed only when it has had that time: it hears of a job's end some seconds late.
    const missedFrom = this.missedFrom(job);
    if (past === null || past.askedAt - missedFrom < LOST_AFTER_MS) {
      return bareReport('unclear', 'SLURM does not list the job any more; looking for its end');
    }
    this.missedSince.delete(job.ref);
    const where = past.isOff ? 'there is no accounting' : 'accounting does not know it';
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

  /** Since when something is missed of the job (performance.now()): now, if nothing was before. */
  private missedFrom({ ref, at }: AskedJob): number {
    const since = this.missedSince.get(ref) ?? performance.now();
    // Of a job that was let go of while its report was made, nothing is kept.
    if (this.keys.has(at.key)) {
      this.missedSince.set(ref, since);
    }
    return since;
  }
}
