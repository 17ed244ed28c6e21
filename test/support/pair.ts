import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';
import { freePort } from './ports';
import { Portal } from './portal';
import { processesOf } from './processes';
import { Program, type ProgramOptions } from './program';

export { acceptedId, type JobDetails, type UploadForm } from './portal';

export interface ServiceOptions {
  maxRuns?: number;
  runsPerUser?: number;
  /** Where its executor is reached; default: the pair's client. */
  base?: string;
  /** The three URLs, written out; default: made of {@link base}. */
  urls?: ServiceUrls;
}

export interface ServiceUrls {
  upload: string;
  download: string;
  terminate: string;
}

/** The URLs of an executor at `http://host:port`. */
export function urlsAt(base: string): ServiceUrls {
  return { upload: `${base}/submit`, download: `${base}/retrieve`, terminate: `${base}/kill` };
}

export interface PairOptions {
  /** Default: one service `example` with 200 runs in all and 100 for each user. */
  services?: Record<string, ServiceOptions>;
  /** Further environment of the server. */
  server?: Record<string, string>;
  /** Further environment of the client. */
  client?: Record<string, string>;
  serverOptions?: ProgramOptions;
  clientOptions?: ProgramOptions;
  /** Start the client too; default true. */
  withClient?: boolean;
}

/** Processes that are ending anyway get this long to be gone. */
const LEFTOVER_LIMIT_MS = 3_000;

/** A server and its executor in a directory of their own; a {@link Portal} for the server. */
export class Pair extends Portal {
  readonly serverData: string;
  readonly clientData: string;
  /** A directory that every job may write to. */
  readonly shared: string;
  server!: Program;
  client!: Program;

  private constructor(
    readonly root: string,
    readonly serverPort: number,
    readonly clientPort: number,
    private options: PairOptions,
  ) {
    super(Object.keys(servicesOf(options))[0] ?? 'example');
    this.serverData = join(root, 'server', 'data');
    this.clientData = join(root, 'client', 'data');
    this.shared = join(root, 'shared');
  }

  static async start(options: PairOptions = {}): Promise<Pair> {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-pair-'));
    const pair = new Pair(root, await freePort(), await freePort(), options);
    pair.makeDirectories();
    try {
      await Promise.all([pair.startServer(), ...((options.withClient ?? true) ? [pair.startClient()] : [])]);
    } catch (error) {
      await pair.stop().catch(() => undefined);
      throw error;
    }
    return pair;
  }

  // -- the two programs

  protected override get serverUrl(): string {
    return this.server.url;
  }

  /** Names in the server's DATA_PATH. */
  serverEntries(): string[] {
    return readdirSync(this.serverData).sort();
  }

  /** Starts the server again after it has been ended, or ends it first (SIGTERM); with changed options from now on. */
  async restartServer(changes: Pick<PairOptions, 'services' | 'server'> = {}): Promise<void> {
    await this.endIfRunning(this.server);
    this.options = { ...this.options, ...changes };
    await this.startServer();
  }

  async restartClient(): Promise<void> {
    await this.endIfRunning(this.client);
    await this.startClient();
  }

  /**
   * Ends both and removes everything.
   * @throws Error when a program had crashed or doesn't end well, or a process of a job is left alive (it is killed)
   */
  async stop(): Promise<void> {
    const faults = [await this.end(this.server, 'server'), await this.end(this.client, 'client')].filter(Boolean);
    const left = await eventually(() => processesOf(this.root).length === 0, { timeoutMs: LEFTOVER_LIMIT_MS }).then(
      () => [],
      () => processesOf(this.root),
    );
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has gone just now, later than it should have.
      }
    }
    if (left.length > 0) {
      faults.push(`left alive: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
      await eventually(() => processesOf(this.root).length === 0);
    }
    rmSync(this.root, { recursive: true, force: true });
    if (faults.length > 0) {
      throw new Error(faults.join('\n'));
    }
  }

  private makeDirectories(): void {
    chmodSync(this.root, 0o755);
    mkdirSync(this.shared);
    chmodSync(this.shared, 0o777);
    for (const [name, uid] of [
      ['server', this.options.serverOptions?.uid],
      ['client', this.options.clientOptions?.uid],
    ] as const) {
      mkdirSync(join(this.root, name));
      if (uid !== undefined) {
        chownSync(join(this.root, name), uid, uid);
      }
    }
  }

  private async startServer(): Promise<void> {
    const env = { ...serviceVariables(servicesOf(this.options), this.clientPort), ...this.options.server };
    this.server = await Program.start('server', this.programEnv('server', this.serverPort, env), {
      cwd: join(this.root, 'server'),
      logFile: join(this.root, 'server.log'),
      ...this.options.serverOptions,
    });
  }

  /** For a pair that was started without. */
  async startClient(): Promise<void> {
    this.client = await Program.start('client', this.programEnv('client', this.clientPort, this.options.client ?? {}), {
      cwd: join(this.root, 'client'),
      logFile: join(this.root, 'client.log'),
      ...this.options.clientOptions,
    });
  }

  private programEnv(role: string, port: number, env: Record<string, string>): Record<string, string> {
    const home = join(this.root, role);
    return { PORT: String(port), DB_PATH: join(home, 'db.sqlite'), DATA_PATH: join(home, 'data'), ...env };
  }

  private async endIfRunning(program: Program): Promise<void> {
    if (program.isRunning) {
      await program.stop();
    }
  }

  /** What went wrong with the end of a program, if anything. */
  private async end(program: Program | undefined, name: string): Promise<string | undefined> {
    if (!program || program.wasKilled) {
      return undefined;
    }
    if (!program.isRunning) {
      return program.wasStopped
        ? undefined
        : `the ${name} had crashed (${program.ending}); its log ends with: ${program.log().slice(-2000)}`;
    }
    try {
      const code = await program.stop();
      return code === 0 ? undefined : `the ${name} ended with code ${code}: ${program.log().slice(-2000)}`;
    } catch (error) {
      return String(error);
    }
  }
}

function servicesOf(options: PairOptions): Record<string, ServiceOptions> {
  return options.services ?? { example: { maxRuns: 200, runsPerUser: 100 } };
}

/** The SERVICE_* variables of a server whose services all run on one executor, or each on its own. */
export function serviceVariables(services: Record<string, ServiceOptions>, clientPort: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { base, urls, maxRuns, runsPerUser }]) => {
      const prefix = `SERVICE_${name.toUpperCase()}`;
      const { upload, download, terminate } = urls ?? urlsAt(base ?? `http://127.0.0.1:${clientPort}`);
      return [
        [`${prefix}_UPLOAD_URL`, upload],
        [`${prefix}_DOWNLOAD_URL`, download],
        [`${prefix}_TERMINATE_URL`, terminate],
        ...(maxRuns === undefined ? [] : [[`${prefix}_MAX_RUNS`, String(maxRuns)]]),
        ...(runsPerUser === undefined ? [] : [[`${prefix}_RUNS_PER_USER`, String(runsPerUser)]]),
      ] as [string, string][];
    }),
  );
}
