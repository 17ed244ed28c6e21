import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually';
import { request } from '../support/http';
import type { NodeRelease } from './other-node';

const run = promisify(execFile);

/** Variables of this run of tests, and of `npm run`, which a user's shell has not. */
const NOT_A_USERS = /^(npm_|INIT_CWD$|NODE$|NODE_(ENV|OPTIONS|PATH)$|SERVICE_|JEST_)/;

/** A directory in which nothing was, with the package installed by npm. */
export class Installation {
  readonly directory = mkdtempSync(join(tmpdir(), 'orchestrator-installed-'));
  private readonly programs: ChildProcess[] = [];

  constructor(private readonly node: NodeRelease) {}

  /** Runs a command there, as a user of that Node would; its stdout. */
  async run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run(command, args, { cwd: this.directory, env: this.env(env), timeout: 280_000 });
    return stdout;
  }

  /** Starts `npx job-orchestrator MODE` and waits until it is ready. */
  async start(mode: 'server' | 'client', env: Record<string, string>): Promise<void> {
    const path = join(this.directory, `${mode}.log`);
    const log = openSync(path, 'a');
    // In a group of its own: npx and what it starts are ended together.
    const child = spawn('npx', ['job-orchestrator', mode], {
      cwd: this.directory,
      env: this.env(env),
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.programs.push(child);
    await eventually(async () => (await request(`http://127.0.0.1:${env.PORT ?? ''}/ready`)).status === 200, {
      timeoutMs: 30_000,
      lastSeen: () => readFileSync(path, 'utf8'),
    });
  }

  async remove(): Promise<void> {
    await Promise.all(
      this.programs.map(async (child) => {
        const ended = once(child, 'exit');
        process.kill(-(child.pid ?? 0), 'SIGTERM');
        await ended;
      }),
    );
    rmSync(this.directory, { recursive: true });
  }

  private env(env: Record<string, string>): Record<string, string | undefined> {
    const own = Object.entries(process.env).filter(([name]) => !NOT_A_USERS.test(name));
    return { ...Object.fromEntries(own), PATH: `${this.node.bin}${delimiter}${process.env.PATH ?? ''}`, ...env };
  }
}
