import { setMaxListeners } from 'node:events';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { BackendRef } from '../backends/backend';
import type { ActiveJob } from './active-job';

/** All jobs that hold a slot, by every name they have. A mirror of the database, rebuilt at start. */
@Injectable()
export class ActiveJobs implements BeforeApplicationShutdown {
  private readonly byId = new Map<number, ActiveJob>();
  private readonly byKey = new Map<string, ActiveJob>();
  private readonly byRef = new Map<BackendRef, ActiveJob>();
  private readonly stopper = new AbortController();

  constructor() {
    // Every job and every wait listens.
    setMaxListeners(0, this.stopper.signal);
  }

  /** Aborts when the program stops: nothing new is begun, and what waits gives up without a trace. */
  get stopping(): AbortSignal {
    return this.stopper.signal;
  }

  beforeApplicationShutdown(): void {
    this.stopper.abort();
    this.byId.forEach((job) => job.abort.abort());
  }

  add(job: ActiveJob): void {
    this.byId.set(job.id, job);
    this.byKey.set(job.key, job);
    if (job.ref !== null) {
      this.byRef.set(job.ref, job);
    }
  }

  /** The backend has given the job a ref. */
  setRef(job: ActiveJob, ref: BackendRef): void {
    job.ref = ref;
    this.byRef.set(ref, job);
  }

  /** A ref that another job holds by now belongs to that one: an executor that lost its database counts anew. */
  holderOf(ref: BackendRef): ActiveJob | null {
    return this.byRef.get(ref) ?? null;
  }

  remove(job: ActiveJob): void {
    this.byId.delete(job.id);
    this.byKey.delete(job.key);
    if (job.ref !== null && this.byRef.get(job.ref) === job) {
      this.byRef.delete(job.ref);
    }
  }

  get(id: number): ActiveJob | null {
    return this.byId.get(id) ?? null;
  }

  /** The job that a report is about: by its key, or by the ref where the backend knows no keys. */
  find(ref: BackendRef, key: string | null, service: string): ActiveJob | null {
    const job = (key === null ? undefined : this.byKey.get(key)) ?? this.byRef.get(ref);
    return job?.service === service ? job : null;
  }

  /** Jobs of a service that the backend has taken. */
  atBackend(service: string): ActiveJob[] {
    return [...this.byRef.values()].filter((job) => job.service === service && !job.isEnding);
  }
}
