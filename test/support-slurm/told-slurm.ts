import type { JobList, JobSight } from '../../src/backends/slurm/job-sight';
import type { PastQuery, SlurmTransport } from '../../src/backends/slurm/slurm-transport';
import type { SubmitRequest } from '../../src/backends/slurm/submit-request';

/** What SLURM would say of a job, as far as the test doesn't say otherwise. */
export function sightOf(jobId: number, name: string, word: string): JobSight {
  return { jobId, name, words: [word], reason: '', exit: null, startedAt: 1_000, endedAt: null };
}

/** Says what it is told to say: for what no real cluster can be brought to say at will. Notes what it was asked. */
export class ToldSlurm implements SlurmTransport {
  readonly place = 'a test';
  jobs: JobSight[] = [];
  unreadable: string[] = [];
  accounting: JobList | null = null;
  readonly asked: PastQuery[] = [];
  readonly cancelled: number[] = [];
  readonly submitted: SubmitRequest[] = [];
  onSubmit: (request: SubmitRequest) => number = () => 1;

  refusal(): Promise<null> {
    return Promise.resolve(null);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  submit(request: SubmitRequest): Promise<number> {
    this.submitted.push(request);
    return new Promise((resolve) => resolve(this.onSubmit(request)));
  }

  list(): Promise<JobList> {
    return Promise.resolve({ jobs: this.jobs, unreadable: this.unreadable });
  }

  past(query: PastQuery): Promise<JobList | null> {
    this.asked.push(query);
    return Promise.resolve(this.accounting);
  }

  /** Ends them at once. */
  cancel(jobIds: readonly number[]): Promise<void> {
    this.cancelled.push(...jobIds);
    this.jobs = this.jobs.map((job) => (jobIds.includes(job.jobId) ? { ...job, words: ['CANCELLED'] } : job));
    return Promise.resolve();
  }

  close(): void {
    // Nothing of its own is open.
  }
}
