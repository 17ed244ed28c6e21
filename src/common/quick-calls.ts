/** Calls a small job needs are fewer. */
const DEFAULT_CALLS = 64;

/**
 * How many file system calls one piece of work may make on the spot. A trip through the thread pool costs several times
 * what a call takes on a local disk, and small jobs are made of such calls. On a slow disk, though, each holds up the
 * whole program: so only the first few of a tree are made like that, and the rest in the pool. For a disk that may hang,
 * see RemoteCalls.
 */
export class QuickCalls {
  /** Not even a call that needs no disk elsewhere (of an open descriptor's state, or its close) is made on the spot. */
  readonly isRemote: boolean = false;

  constructor(private left = DEFAULT_CALLS) {}

  /** Whether the next call may be made on the spot; counts it. */
  take(): boolean {
    return this.left-- > 0;
  }

  /** Runs work that takes a thread of the pool: one at a time, so without a second `pooled` in it. */
  pooled<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}
