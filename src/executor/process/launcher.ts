import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { OrchestratorError } from '../../common/errors';
import { readProcess } from './process-entry';

const LAUNCHER = join(__dirname, 'launcher.sh');
const SUPERVISOR = join(__dirname, 'supervisor.sh');

/** A machine under load may take its time; without processes to be had, bash itself tries for 15 s. */
const BEGIN_WITHIN_MS = 30_000;
/** A supervisor that is killed says nothing: it is looked for this often. */
const LOOK_EVERY_MS = 500;

/** No supervisor began; whether one will, nobody knows, and a claim in RUN_DIR decides. The start may be repeated. */
export class LaunchError extends OrchestratorError {
  readonly code = 'EAGAIN';
  readonly retryable = true;
}

/** What a supervisor is started with. */
export interface Launch {
  /** The payload's directory. */
  readonly loc: string;
  /** Names as a shell takes them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A supervisor under way. */
export interface Launched {
  readonly supervisorPid: number;
  /** Resolves when it has said that all is recorded, or is gone. */
  readonly ended: Promise<void>;
}

interface Pending {
  readonly began: (launched: Launched) => void;
  readonly failed: (error: Error) => void;
}

interface Running {
  readonly pid: number;
  readonly startTime: string;
  readonly ended: () => void;
}

/** Starts supervisors through a small bash (launcher.sh), which is started with the first and again when it is lost. */
export class Launcher {
  private child: ChildProcess | null = null;
  private readonly pending = new Map<string, Pending>();
  private readonly running = new Map<string, Running>();
  /** Of those in `running`. */
  private readonly pids = new Set<number>();
  private timer: NodeJS.Timeout | null = null;
  private count = 0;

  /** @throws LaunchError, and the system's error when the launcher itself can't be started */
  async start({ loc, environment }: Launch): Promise<Launched> {
    const tag = String(++this.count);
    const child = (this.child ??= this.spawn());
    const path = Buffer.from(loc);
    const variables = Buffer.from(exportsOf(environment));
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Launched>((began, failed) => {
        this.pending.set(tag, { began, failed });
        timer = setTimeout(() => failed(new LaunchError('no supervisor began in time')), BEGIN_WITHIN_MS);
        child.stdin?.write(
          Buffer.concat([Buffer.from(`${tag} ${path.length} ${variables.length}\n`), path, variables]),
        );
      });
    } finally {
      clearTimeout(timer);
      this.pending.delete(tag);
    }
  }

  /** Whether this process is a supervisor that was started here and has not ended. */
  hasStarted(pid: number): boolean {
    return this.pids.has(pid);
  }

  /** Its session, which is that of its supervisors too; `null`: none was started yet. */
  get session(): number | null {
    return this.child?.pid ?? null;
  }

  private spawn(): ChildProcess {
    // In a session of its own: what stops the executor (Ctrl-C at a terminal) must not stop the start of a job half-way.
    const child = spawn('bash', [LAUNCHER, SUPERVISOR], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      // Nothing else of the executor's environment reaches a job.
      env: { PATH: process.env.PATH },
    });
    const lost = (error: Error) => {
      this.child = this.child === child ? null : this.child;
      this.pending.forEach((each) => each.failed(error));
    };
    child.once('error', lost);
    child.once('exit', () => lost(new LaunchError('the launcher was lost')));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.hear(line));
    // It must not keep a stopping executor alive.
    child.unref();
    (child.stdin as Socket).unref();
    (child.stdout as Socket).unref();
    return child;
  }

  private hear(line: string): void {
    const [word, tag = '', pid] = line.split(' ');
    if (word === 'began') {
      // Kept at once: the word of its end may come with the same bytes.
      const ended = this.untilGone(tag, Number(pid));
      this.pending.get(tag)?.began({ supervisorPid: Number(pid), ended });
    } else if (word === 'ended') {
      this.gone(tag);
    }
  }

  private untilGone(tag: string, pid: number): Promise<void> {
    return new Promise((ended) => {
      this.pids.add(pid);
      this.running.set(tag, { pid, startTime: readProcess(pid)?.startTime ?? '', ended });
      this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    });
  }

  private look(): void {
    for (const [tag, { pid, startTime }] of this.running) {
      if (readProcess(pid)?.startTime !== startTime) {
        this.gone(tag);
      }
    }
  }

  private gone(tag: string): void {
    const running = this.running.get(tag);
    if (running) {
      this.running.delete(tag);
      this.pids.delete(running.pid);
      running.ended();
    }
    if (this.running.size === 0 && this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }
}

/** Bash code. A line each, so that one that bash refuses (UID, PPID) takes no other with it. */
function exportsOf(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('');
}
