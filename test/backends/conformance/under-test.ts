import type { Backend } from '../../../src/backends/backend';

/** What the suite is told of a backend and of the system behind it. */
export interface BackendUnderTest {
  /** A service that it serves. Jobs of it start at once, several at a time, and may run for minutes. */
  readonly service: string;

  /** Makes the backend as a server does that starts: a new object, that knows nothing but what its system knows. */
  open(): Promise<OpenBackend>;

  /** A ref of a job of the service, well formed, that there never was. */
  readonly strangerRef: string;

  /**
   * What the system holds for jobs now (directories, records), by any names; not what is left to remember a key.
   * `null`: that can't be seen, or is freed by the system's own retention only.
   */
  readonly held: (() => Promise<readonly string[]>) | null;

  /** A directory that jobs may write to, and the tests read; default: a temporary one of this machine. */
  readonly sharedDir?: string;

  /** How long the system may need until a job runs, until its end is reported, until it is terminated. Default 20 s. */
  readonly patienceMs?: number;

  /** Ends and removes all that was set up. */
  tearDown(): Promise<void>;
}

export interface OpenBackend {
  readonly backend: Backend;
  /** As when the server stops. Jobs live on. */
  close(): Promise<void>;
}

/** Of the test runner's functions those that are needed: what jest and vitest have as globals, and node:test offers. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown;
  readonly beforeAll: (body: () => Promise<void>, timeoutMs?: number) => unknown;
  readonly afterAll: (body: () => Promise<void>, timeoutMs?: number) => unknown;
}
