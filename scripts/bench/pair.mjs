// A server and its executor, of ours or of another program that speaks the contract, in a directory of their own.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastingPorts } from '../lib/free-port.mjs';
import { killProcessesOf } from '../lib/processes-of.mjs';
import { Program } from '../lib/programs.mjs';
import { serviceVariables } from './services.mjs';

const READY_WITHIN_MS = 120_000;
const PROBE_EVERY_MS = 2;

/** What is measured. `name` is `ours` or `other`; `commandOf(mode)` is the file that is run, with its arguments. */
export function ourTarget(node, cli) {
  return { name: 'ours', isOurs: true, commandOf: (mode) => [node, cli, mode] };
}

/** Another pair: shell commands that become the programs, so that their pids are the programs'. */
export function otherTarget(commands) {
  return { name: 'other', isOurs: false, commandOf: (mode) => ['/bin/sh', '-c', `exec ${commands[mode]}`] };
}

export class Pair {
  server = null;
  executor = null;

  constructor({ target, directory, services, signal, ports: [serverPort, executorPort, absentPort] }) {
    Object.assign(this, { target, directory, signal, port: serverPort, executorPort });
    this.variables = serviceVariables(services, executorPort, absentPort);
    mkdirSync(directory, { recursive: true });
  }

  /** @param options.services names of services.mjs */
  static async start(options) {
    const pair = new Pair({ ...options, ports: await lastingPorts(3) });
    try {
      pair.#launchExecutor();
      pair.#launchServer();
      await Promise.all([pair.#ready(pair.executor), pair.#ready(pair.server)]);
    } catch (error) {
      await pair.remove();
      throw error;
    }
    return pair;
  }

  /** Starts both again, one after the other. Returns how long each took until GET /health said 200. */
  async start() {
    this.#launchExecutor();
    const executorMs = await this.#ready(this.executor);
    this.#launchServer();
    return { executorMs, serverMs: await this.#ready(this.server) };
  }

  /** Stops both; what they hold stays. */
  async stop() {
    await Promise.all([this.server?.stop(), this.executor?.stop()]);
  }

  /** Stops both, ends what still runs of their jobs, and removes all files. */
  async remove() {
    await this.stop();
    killProcessesOf(join(this.directory, 'executor'));
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Database of one of the two, `server` or `executor`. */
  database(name) {
    return join(this.directory, name, 'db.sqlite');
  }

  /** Pids of server and executor. */
  get pids() {
    return { server: this.server.child.pid, executor: this.executor.child.pid };
  }

  /** Says of a failure what the programs may know of it. */
  explain(error) {
    const dead = [this.server, this.executor].filter((program) => program?.hasExited);
    const tails = dead.map((program) => `the ${program.name} has ended; its log ends with:\n${program.tail(10)}`);
    return [error.message, ...tails].join('\n');
  }

  #launchExecutor() {
    this.executor = this.#launch('executor', 'client', this.executorPort, {});
  }

  #launchServer() {
    this.server = this.#launch('server', 'server', this.port, this.variables);
  }

  #launch(name, mode, port, env) {
    const command = this.target.commandOf(mode);
    return new Program({ name, mode, port, directory: this.directory, env, command });
  }

  // Not Program.ready: start-up time is measured by it.
  async #ready(program) {
    const beganAt = performance.now();
    let last = 'no answer';
    while (performance.now() < beganAt + READY_WITHIN_MS) {
      if (program.hasExited) throw new Error(`the ${program.name} ${await program.exited}:\n${program.tail(10)}`);
      try {
        const answer = await fetch(`${program.url}/health`, { signal: this.signal });
        await answer.arrayBuffer();
        if (answer.ok) return performance.now() - beganAt;
        last = `status ${answer.status}`;
      } catch (error) {
        this.signal.throwIfAborted();
        last = error.cause?.code ?? error.message;
      }
      await delay(PROBE_EVERY_MS, undefined, { signal: this.signal });
    }
    throw new Error(`the ${program.name} was not ready within ${READY_WITHIN_MS / 1000} s (GET /health: ${last})`);
  }
}
