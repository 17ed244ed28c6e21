import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually, Hopeless } from './eventually';
import { request } from './http';
import { freePort } from './ports';

/** The built program, which is what the tests in this directory are about; ORCHESTRATOR_CLI names another build. */
export const CLI = process.env.ORCHESTRATOR_CLI ?? resolve(__dirname, '../../dist/cli.js');

export type Role = 'server' | 'client';

export interface ProgramOptions {
  /** Working directory; default: an empty one. */
  cwd?: string;
  /** Limit of open files (`ulimit -n`). */
  ulimitFiles?: number;
  /** User and group id to run as; needs root. */
  uid?: number;
  /** Wait for `GET /health` to answer 200; default true. */
  waitHealthy?: boolean;
  /** A command, and its arguments, that is given the program as further arguments, and execs it. */
  wrapper?: string[];
  /** File that the output is added to; default: one that goes with the program. */
  logFile?: string;
}

/** What an empty PORT means. */
const DEFAULT_PORTS: Record<Role, number> = { server: 5000, client: 9000 };
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

/** One server or client process, started from the built program. Its output is in {@link log}. */
export class Program {
  /** Ended by {@link kill9} or {@link stop}, not by itself. */
  wasKilled = false;
  wasStopped = false;
  private code: number | null = null;
  private signal: NodeJS.Signals | null = null;
  private readonly ended: Promise<void>;

  private constructor(
    readonly role: Role,
    readonly port: number,
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly logFile: string,
    private readonly scratch: string,
  ) {
    this.ended = new Promise((done) => {
      child.once('exit', (code, signal) => {
        this.code = code ?? -1;
        this.signal = signal;
        done();
      });
    });
  }

  /**
   * Starts a program on a free port (or on `env.PORT`). Nothing of the tests' own SERVICE_* and proxy variables is
   * passed on.
   * @throws Error with the end of the log when it is not healthy within 20 s
   */
  static async start(role: Role, env: Record<string, string>, options: ProgramOptions = {}): Promise<Program> {
    const port = env.PORT === undefined ? await freePort() : Number(env.PORT || DEFAULT_PORTS[role]);
    const host = env.HOST === '::1' ? '[::1]' : '127.0.0.1';
    const scratch = mkdtempSync(join(tmpdir(), 'orchestrator-program-'));
    const logFile = options.logFile ?? join(scratch, 'log');
    const child = launch(role, { PORT: String(port), ...env }, { cwd: scratch, ...options }, logFile);
    await once(child, 'spawn');
    const program = new Program(role, port, `http://${host}:${port}`, child, logFile, scratch);
    if (options.waitHealthy ?? true) {
      await program.waitHealthy();
    }
    return program;
  }

  /** Runs a program that is expected to end by itself, at once: its exit code and output. Fails after 10 s. */
  static async runToEnd(
    role: Role,
    env: Record<string, string>,
    options: ProgramOptions = {},
  ): Promise<{ code: number; log: string }> {
    const program = await Program.start(role, env, { ...options, waitHealthy: false });
    await Promise.race([program.ended, wait(STOP_LIMIT_MS, undefined, { ref: false })]);
    const log = program.log();
    if (program.isRunning) {
      await program.kill9();
      throw new Error(`the ${role} did not end by itself; its log: ${log.slice(-2000)}`);
    }
    program.forget();
    return { code: program.code ?? -1, log };
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.code === null;
  }

  /** How it ended, in words. */
  get ending(): string {
    return this.signal ?? `exit code ${this.code ?? 'none yet'}`;
  }

  log(): string {
    try {
      return readFileSync(this.logFile, 'utf8');
    } catch {
      return '';
    }
  }

  async waitHealthy(): Promise<void> {
    try {
      await eventually(
        async () => {
          if (!this.isRunning) {
            throw new Hopeless(`it ended: ${this.ending}`);
          }
          return (await request(`${this.url}/health`, { timeoutMs: 2_000 })).status === 200;
        },
        { timeoutMs: START_LIMIT_MS },
      );
    } catch (error) {
      const log = this.log().slice(-2000);
      await this.kill9();
      throw new Error(`the ${this.role} did not become healthy; its log ends with: ${log}`, { cause: error });
    }
  }

  /** SIGKILL to the process alone. */
  async kill9(): Promise<void> {
    this.wasKilled = true;
    this.child.kill('SIGKILL');
    await this.ended;
    this.forget();
  }

  /** SIGTERM; the exit code. @throws Error when it has not ended after 10 s (it is killed then) */
  async stop(): Promise<number> {
    this.wasStopped = true;
    this.child.kill('SIGTERM');
    const deadline = new AbortController();
    await Promise.race([this.ended, wait(STOP_LIMIT_MS, undefined, { signal: deadline.signal })]);
    deadline.abort();
    const log = this.log();
    if (this.isRunning) {
      await this.kill9();
      throw new Error(`the ${this.role} had not ended 10 s after SIGTERM; its log ends with: ${log.slice(-2000)}`);
    }
    this.forget();
    return this.code ?? -1;
  }

  /** Resident memory now and at its peak, in bytes. */
  memory(): { rss: number; peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'latin1');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) * 1024;
    return { rss: field('VmRSS'), peak: field('VmHWM') };
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  private forget(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

function launch(role: Role, env: Record<string, string>, options: ProgramOptions, logFile: string): ChildProcess {
  const limit =
    options.ulimitFiles === undefined ? [] : ['bash', '-c', `ulimit -n ${options.ulimitFiles} && exec "$@"`, 'limited'];
  const [command, ...args] = [...(options.wrapper ?? []), ...limit, process.execPath, CLI, role];
  const log = openSync(logFile, 'a');
  try {
    return spawn(command, args, {
      cwd: options.cwd,
      env: { ...inherited(), ...env },
      stdio: ['ignore', log, log],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
  } finally {
    closeSync(log);
  }
}

function inherited(): Record<string, string | undefined> {
  const names = ['PATH', 'LANG', 'HOME', 'USER', 'TMPDIR'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
