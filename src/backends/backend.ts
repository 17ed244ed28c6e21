import type { Readable } from 'node:stream';

/**
 * Where a backend has a job. A string that only the backend reads: it encodes what it needs, with a version of that
 * format (`n1:...`), so that the next release understands the rows of this one. It is stored in a database and compared
 * as text: at most 500 characters, no NUL, and always the same for one job.
 */
export type BackendRef = string & { readonly __brand: 'BackendRef' };

/** Names a job before the backend has given it a ref, and after its answer was lost. */
export interface JobHandle {
  /**
   * The same for every hand-over of one attempt, different for any two attempts: a UUID made at upload, with `.2`, `.3`
   * ... behind it for further attempts. Safe as a file name.
   */
  readonly key: string;
  readonly service: string;
}

/** All that a backend needs to know to run a job. */
export interface JobSubmission extends JobHandle {
  /** The id under which the portal knows the job; `JOB_ID` in its environment. */
  readonly id: number;
  /** The script is ended when it has run for so many milliseconds; `null`: no limit. May exceed what a timer takes. */
  readonly walltimeMs: number | null;
  /** The job asks for no walltime, `walltimeMs` is the most of its service: a backend's own default goes before it. */
  readonly isWalltimeDefault?: boolean;
  /** CPUs that the job asks for; `null`: as its service is set up. */
  readonly cpus: number | null;
  /** Memory that the job asks for, in MiB; `null`: as its service is set up. */
  readonly memoryMiB: number | null;
  /** Holds the uploaded files, flat, `run.sh` among them if the user sent one. Read-only; there until `submit` settles. */
  readonly inputDir: string;
}

/** What a backend says of a job. */
export interface BackendReport {
  readonly state: BackendState;
  /** For the user: why it waits, why it failed, what was not understood. Empty when there is nothing to say. */
  readonly message: string;
  /** Of the script, once it has ended by itself; `null`: it has not, or that is not known. */
  readonly exitCode: number | null;
  /** The signal that ended the script (`SIGKILL`); `null`: none did, or that is not known. */
  readonly signal: string | null;
  /** Milliseconds since 1970, by the backend's clock; `null`: not yet, or not known. */
  readonly startedAt: number | null;
  /** As {@link startedAt}. */
  readonly endedAt: number | null;
  /** It failed by no fault of its script: the backend lost what watched it. Such a job may be started again. */
  readonly isBackendFault: boolean;
}

/** How a job is, as its backend says. What the server does about each is dispatch/report-action.ts. */
export type BackendState =
  /** Accepted, not started; `message` may say what for. */
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
  /** The answer was not understood, or there was none; it is in `message`. Says nothing about the job. */
  | 'unclear';

/**
 * What a backend can do for the jobs of a service. Data, so that nobody has to find out by an error: each power says
 * who asks for it.
 */
export interface BackendCapabilities {
  /**
   * `find`, and `terminate` without a ref, give true answers for any key. Without it the dispatcher repeats no hand-over
   * whose answer was lost: such a job ends `Failed`, "outcome of the hand-over unknown".
   */
  readonly findsByKey: boolean;
  /** `fetch` gives the files of a job that still runs. Without it `GET /download_partial/{id}` says 404 until the end. */
  readonly partialResults: boolean;
  /** Reports of ended jobs carry exit code or signal. Without it the message of a failed job says that they don't. */
  readonly exitCodes: boolean;
  /**
   * A job's `walltimeMs` is kept by the backend. Without it the server ends jobs that run longer, by `terminate`, and
   * refuses uploads that ask for a walltime. `null`: not known yet, since nobody has reached it.
   */
  readonly walltime: boolean | null;
  /** A job's `cpus` and `memoryMiB` are honoured. Whoever takes uploads asks. */
  readonly resources: boolean;
}

/**
 * Which files of a job. `results`: of one that is `completed`. `partial`: the working directory as it is now, whatever
 * the state; also how the files of a job that failed or was killed are fetched.
 */
export type FetchScope = 'results' | 'partial';

/** Who hears what a backend pushes. Neither method throws, or has to be waited for. */
export interface BackendListener {
  /** A job has changed. One that nobody knows is no fault. `key`: of the submission, if the backend knows it. */
  report(ref: BackendRef, key: string | null, report: BackendReport, service: string): void;
  /** Reports may have been missed (a connection was new or cut): all jobs of these services are polled. */
  gap(services: readonly string[]): void;
}

/**
 * A place that runs jobs. A Nest provider that carries `@BackendProvider('name')`; it knows nothing of the queue, the
 * database, or HTTP to portals. docs/backends/writing-one.md builds one.
 *
 * What holds for all calls:
 * - Many are under way at a time, also for one job.
 * - All that must survive a restart of the server is in refs and keys, or at the system that runs the jobs.
 * - When the signal aborts, the call rejects within a second with the signal's reason. What it had begun may go on; to
 *   repeat the call is safe.
 * - Errors are those of backend.errors.ts, which say who acts on each. Any other counts as a fault in our code: it is
 *   logged, and what was being done is tried again.
 */
export interface Backend {
  /**
   * What it can do for jobs of the service. No I/O. True once `ready` has resolved; before that it promises no more than
   * is known. Never throws, also not for a service that it doesn't serve.
   */
  capabilities(service: string): BackendCapabilities;

  /**
   * Resolves when jobs of the service may be handed over now. Asked before each hand-over: cheap when the system has
   * answered lately. Changes nothing.
   * @throws BackendUnavailableError saying what is wrong; the jobs stay queued, hold no slot, and show the text
   */
  ready(service: string, signal: AbortSignal): Promise<void>;

  /**
   * Hands a job over and says where to find it again.
   * Repeatable where `findsByKey`: a second call with the same key, also one at the same time, resolves with the first's
   * ref and starts nothing. A job without a usable `run.sh` is taken, and reported as `invalid`.
   * After BackendRejectedError and BackendUnavailableError the backend holds nothing of the job, after any other error,
   * an abort included, it may.
   * @throws BackendRejectedError it will never take this job, or was told to terminate its key before it came: the
   * dispatcher fails the job and shows the text
   * @throws BackendUnavailableError certainly nothing was accepted: the dispatcher puts the job back and backs off
   * @throws BackendUnclearError nobody can tell: the dispatcher keeps the job's slot, and asks `find` where it may
   */
  submit(job: JobSubmission, signal: AbortSignal): Promise<BackendRef>;

  /**
   * After a crash or a lost answer: does the backend hold a job of this key? `absent` is a promise that no submission
   * made before can still begin to run; a new one may. Asked only where `findsByKey`. Changes nothing.
   * @throws BackendUnavailableError | BackendUnclearError it can't be known now; the dispatcher asks again
   */
  find(job: JobHandle, signal: AbortSignal): Promise<BackendRef | 'absent'>;

  /**
   * States of many jobs, in one question where the system allows. Answers for every ref asked, whatever it is: one that
   * can't be read costs one job its report, not the others; when the system is out of reach all are `unclear`.
   * Changes nothing. Rejects on abort only.
   * @returns `lost` only when the system is sure
   */
  poll(refs: readonly BackendRef[], signal: AbortSignal): Promise<ReadonlyMap<BackendRef, BackendReport>>;

  /**
   * The job's files as a zip with paths relative to its working directory, logs included (docs/life-of-a-job.md says what
   * is in it). Repeatable until `release`; changes nothing. The stream ends only if the archive is whole; else it is
   * destroyed with an error, and what came so far is worth nothing. It must flow while it is read (32 KiB in 30 s).
   * @throws BackendLostJobError the backend doesn't have the files (any more): the job has failed
   * @throws BackendCannotGiveError it has them and can't give them now: asked again, for the files of a job that didn't
   * complete only some times
   * @throws BackendUnavailableError | BackendUnclearError asked again
   */
  fetch(ref: BackendRef, scope: FetchScope, signal: AbortSignal): Promise<Readable>;

  /**
   * Resolves once nothing of the job can run any more, background processes included, or it had ended already.
   * Idempotent. Without a ref, by key, where `findsByKey`: also a job that has not arrived yet, whose submission is
   * refused from then on. A job that had ended by itself stays as it ended.
   * @throws BackendUnclearError can't be known: asked again; not `retryable`: this job can't be ended like this
   * @throws BackendUnavailableError asked again
   */
  terminate(job: JobHandle, ref: BackendRef | null, signal: AbortSignal): Promise<void>;

  /**
   * Frees what the backend holds of an ended job: the server has its files. Idempotent; a job that is not there is
   * released. Afterwards the key may still be remembered, `poll` and `fetch` of the ref need give nothing.
   * @throws any error: tried again for some minutes, then left to the backend's own retention
   */
  release(ref: BackendRef, signal: AbortSignal): Promise<void>;

  /** How long to wait between two polls of the service's jobs now, in milliseconds: longer while it pushes. No I/O. */
  pollEveryMs(service: string): number;

  /**
   * Begins to push reports to the listener, until the signal aborts; called once, at start. Repairs its own connections.
   * A backend that can't push leaves it out: polls are enough, pushes make them quicker.
   */
  watch?(listener: BackendListener, signal: AbortSignal): void;

  /**
   * The ref of a job that the Rust program had handed over, by the number that it stored; for taking over its database.
   * A backend that never ran such jobs leaves it out.
   */
  refOf?(service: string, destId: number): BackendRef;
}
