import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './eventually';
import { CLI } from './program';

/** How a command ended. */
export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Fails when it has not ended then. Default 30 s. */
  timeoutMs?: number;
}

/** A command of the built program, running. */
export class RunningCli {
  private stdoutText = '';
  private stderrText = '';
  private readonly ended: Promise<CliResult>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdoutText += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderrText += text));
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code: (code as number | null) ?? -1,
      stdout: this.stdoutText,
      stderr: this.stderrText + (signal === null ? '' : `\n(ended by ${String(signal)})`),
    }));
  }

  static start(args: readonly string[], { cwd, env, timeoutMs = 30_000 }: CliOptions = {}): RunningCli {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      env: { PATH: process.env.PATH, LANG: process.env.LANG, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    return new RunningCli(child);
  }

  /** Waits until it has written this to stdout or stderr. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(() => pattern.test(this.stdoutText + this.stderrText), {
      lastSeen: () => `stdout ${this.stdoutText} stderr ${this.stderrText}`,
    });
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  result(): Promise<CliResult> {
    return this.ended;
  }
}

/** Runs a command of the built program to its end. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return RunningCli.start(args, options).result();
}

/** The one JSON value that a command printed. */
// The type is the test's word for what it is about to check.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function jsonOf<T>({ stdout, stderr }: CliResult): T {
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== 1) {
    throw new Error(`wanted one line of JSON, got ${JSON.stringify(stdout)}, stderr ${stderr}`);
  }
  return JSON.parse(lines[0] ?? '') as T;
}
