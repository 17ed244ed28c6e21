import type { Readable } from 'node:stream';

/**
 * Where a backend has a job. A string that only the backend reads; it carries a format version, so that the next
 * release understands the rows of this one.
 */
export type BackendRef = string & { readonly __backendRef: unique symbol };

/** Names a job before the backend has given it a ref, and after its answer was lost. */
export interface JobHandle {
  /** The same for every hand-over of one attempt: a UUID made at upload, with `.2`, `.3` ... behind it for further attempts. */
  readonly key: string;
  readonly service: string;
}

/** All that a backend needs to know to run a job. */
export interface JobSubmission extends JobHandle {
  /** The id under which the portal knows the job. */
  readonly id: number;
  /** The script is ended when it has run for so many milliseconds; `null`: no limit. */
  readonly walltimeMs: number | null;
  /** The job asks for no walltime, `walltimeMs` is the most of its service: a backend's own default goes before it. */
  readonly isWalltimeDefault?: boolean;
  /** CPUs that the job asks for; `null`: as its service is set up. */
  readonly cpus: number | null;
  /** Memory that the job asks for, in MiB; `null`: as its service is set up. */
  readonly memoryMiB: number | null;
  /** Holds the uploaded files, flat, `run.sh` among them if the user sent one. Read-only. */
  readonly inputDir: string;
}

/** What a backend says of a job. `message` is for the user; times are milliseconds since 1970, null if not known. */
export interface BackendReport {
  readonly state: BackendState;
  readonly message: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** It failed by no fault of its script: the backend lost what watched it. Such a job may be repeated. */
  readonly isBackendFault: boolean;
}

/** How a job is, as its backend says. */
export type BackendState =
  /** Accepted, not started. */
  | 'waiting'
  | 'running'
  /** Ended with exit code 0. */
  | 'completed'
  /** Ended with another exit code, by a signal, or by a limit. */
  | 'failed'
  /** Will never run: no `run.sh`, or one that was refused. */
  | 'invalid'
  /** Terminated on request. */
  | 'killed'
  /** The backend is sure that it doesn't have the job (any more). */
  | 'lost'
  /** The backend's answer was not understood; it is in `message`. Says nothing about the job. */
  | 'unclear';

/** What a backend can do for the jobs of a service, known without asking anybody. */
export interface BackendCapabilities {
  /** `find` gives a true answer, so that a hand-over whose answer was lost may be repeated. */
  readonly findsByKey: boolean;
  /** `fetch` gives the files of a job that still runs. */
  readonly partialResults: boolean;
  /** `watch` reports what happens; `poll` only repairs. */
  readonly pushes: boolean;
  /** A job's `walltimeMs` is kept by the backend. `null`: not known yet, since it has not been reached. */
  readonly walltime: boolean | null;
  /** A job's `cpus` and `memoryMiB` are honoured. */
  readonly resources: boolean;
}

/** Which files: the results of an ended job, or the working directory as it is now. */
export type FetchScope = 'results' | 'partial';

/** Who hears what a backend pushes. */
export interface BackendListener {
  report(ref: BackendRef, key: string | null, report: BackendReport, service: string): void;
  /** Reports may have been missed (a connection was new or cut): poll all jobs of these services. */
  gap(services: readonly string[]): void;
}

/**
 * A place that runs jobs. Found by Nest through {@link BackendProvider}; knows nothing of the queue, the database or
 * HTTP to portals. Every call may be aborted by its signal and then rejects promptly.
 *
 * Errors of all calls (backend.errors.ts), and who acts on them:
 * - BackendRejectedError: it will never take this job; the dispatcher fails the job and shows the text.
 * - BackendUnavailableError: certainly nothing was accepted; the dispatcher puts the job back and backs off.
 * - BackendUnclearError: nobody can tell; the dispatcher keeps the job's slot and asks again with the same key.
 */
export interface Backend {
  /** What it can do for jobs of the service, as far as is known now. Never throws. */
  capabilities(service: string): BackendCapabilities;

  /**
   * Resolves when jobs of the service may be handed over now. Cheap when the backend has answered lately.
   * @throws BackendUnavailableError saying what is wrong; the jobs stay queued and hold no slot
   */
  ready(service: string, signal: AbortSignal): Promise<void>;

  /**
   * Hands a job over and says where to find it again.
   * Repeatable: a second call with the same key returns the first ref and starts nothing.
   */
  submit(job: JobSubmission, signal: AbortSignal): Promise<BackendRef>;

  /** After a crash or a lost answer: does the backend hold a job of this key? `unclear`: it can't say for any key. */
  find(job: JobHandle, signal: AbortSignal): Promise<BackendRef | 'absent' | 'unclear'>;

  /**
   * States of many jobs. Answers for every ref asked: one that can't be read costs one job its report, not the others.
   * Repeatable. Never throws for a single ref; an unreachable backend makes all its refs `unclear`.
   */
  poll(refs: readonly BackendRef[], signal: AbortSignal): Promise<ReadonlyMap<BackendRef, BackendReport>>;

  /**
   * The job's files as a zip. Repeatable until `release`. The stream ends only if the archive is whole; else it is
   * destroyed with an error, and what came so far is worth nothing.
   */
  fetch(ref: BackendRef, scope: FetchScope, signal: AbortSignal): Promise<Readable>;

  /**
   * Resolves once nothing of the job can run any more, or it had ended already. Idempotent. Without a ref, by key: also
   * a job that has not arrived yet, which is refused later.
   * @throws BackendUnclearError when it can't be known; ask again
   */
  terminate(job: JobHandle, ref: BackendRef | null, signal: AbortSignal): Promise<void>;

  /** Frees what the backend holds of an ended job. Idempotent. */
  release(ref: BackendRef, signal: AbortSignal): Promise<void>;

  /** The ref of a job that the Rust program had handed over, by the number that it stored; for taking over its database. */
  refOf?(service: string, destId: number): BackendRef;

  /** Begins to push reports to the listener until the signal aborts. Repairs its own connections. */
  watch?(listener: BackendListener, signal: AbortSignal): void;

  /** How long to wait between two polls of the service's jobs now: long while it pushes, short while it doesn't. */
  pollEveryMs(service: string): number;
}
