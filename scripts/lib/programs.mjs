// The server and the executor as child processes, each with its log in a file.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines } from './ensure-built.mjs';

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5_000;
const PROBE_EVERY_MS = 25;
// What the person's shell sets for a real installation must not reach these two.
const FOREIGN = /^(SERVICE_|EXECUTOR_|JOB_|MAX_|SCRIPT_FILTER|KILL_GRACE|BACKEND_)/;

/** A program that was started. `exited` resolves, never rejects, with a text that says how it ended. */
export class Program {
  /**
   * @param options.name  what people call it; also names its log, database and data directory
   * @param options.mode  the sub-command of cli.js: `server` or `client`
   * @param options.directory where its log, database and data go
   * @param options.command   what is run in place of cli.js: the file, then its arguments
   */
  constructor({ name, mode, cli, port, directory, env = {}, command = [process.execPath, cli, mode] }) {
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    this.log = join(directory, `${name}.log`);
    mkdirSync(join(directory, name), { recursive: true });
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !FOREIGN.test(key)));
    const output = openSync(this.log, 'a');
    this.child = spawn(command[0], command.slice(1), {
      cwd: join(directory, name), // so that no .env of the checkout is read
      env: {
        ...inherited,
        PORT: String(port),
        HOST: '127.0.0.1',
        DB_PATH: join(directory, name, 'db.sqlite'),
        DATA_PATH: join(directory, name, 'data'),
        ...env,
      },
      stdio: ['ignore', output, output],
      // A session of its own: Ctrl-C reaches the script alone, which first ends the jobs and then the programs.
      detached: true,
    });
    closeSync(output);
    this.hasExited = false;
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(`cannot be started: ${error.message}`));
      this.child.on('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`));
    }).finally(() => {
      this.hasExited = true;
    });
  }

  /** Waits for a good answer of GET /health. @throws Error when the program ends or the deadline passes */
  async ready(signal) {
    const deadline = performance.now() + READY_WITHIN_MS;
    let last = 'no answer';
    while (performance.now() < deadline) {
      if (this.hasExited) throw new Error(`the ${this.name} ${await this.exited}`);
      try {
        const answer = await fetch(`${this.url}/health`, {
          signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
        });
        await answer.arrayBuffer();
        if (answer.ok) return;
        last = `status ${answer.status}`;
      } catch (error) {
        signal.throwIfAborted();
        last = error.cause?.code ?? error.message;
      }
      await delay(PROBE_EVERY_MS, undefined, { signal });
    }
    throw new Error(`the ${this.name} was not ready within ${READY_WITHIN_MS / 1000} s (GET /health: ${last})`);
  }

  /** The last lines it logged. */
  tail(lines = 20) {
    return lastLines(readFileSync(this.log, 'utf8'), lines);
  }

  /** Asks it to end, then insists. Resolves when it is gone. */
  async stop() {
    if (this.hasExited) return;
    this.child.kill('SIGTERM');
    const insist = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.exited;
    clearTimeout(insist);
  }

  /** Ends it this instant, for the way out that waits for nothing. */
  kill() {
    if (!this.hasExited) this.child.kill('SIGKILL');
  }
}

/** Rejects when one of the programs ends, which none should before it is stopped. */
export async function firstToEnd(programs) {
  const ended = await Promise.race(programs.map(async (program) => ({ program, how: await program.exited })));
  throw new Error(`the ${ended.program.name} ${ended.how}`);
}

/** Resolves with the reason once `signal` is aborted. */
export async function aborted(signal) {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.reason;
}
