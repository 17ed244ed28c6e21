/** Calls a small job needs are fewer. */
const DEFAULT_CALLS = 64;

/**
 * How many file system calls one piece of work may make on the spot. A trip through the thread pool costs several times
 * what a call takes on a local disk, and small jobs are made of such calls. On a slow network disk, though, each holds
 * up the whole program: so only the first few of a tree are made like that, and the rest in the pool.
 */
export class QuickCalls {
  constructor(private left = DEFAULT_CALLS) {}

  /** Whether the next call may be made on the spot; counts it. */
  take(): boolean {
    return this.left-- > 0;
  }
}
