// The server, its executor and the line between them, in a directory of their own.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastingPorts } from '../lib/free-port.mjs';
import { killProcessesOf, processesOf } from '../lib/processes-of.mjs';
import { Program } from '../lib/programs.mjs';
import { Proxy } from './proxy.mjs';

/** Quotas of the two services. */
export const SERVICES = {
  alpha: { maxRuns: 5, runsPerUser: 2 },
  beta: { maxRuns: 3, runsPerUser: 1 },
};

export class World {
  server;
  executor;
  /** Ends of programs that nobody asked for. */
  crashes = [];
  #asked = new Set();

  constructor({ directory, cli, signal, ports: [serverPort, executorPort, proxyPort] }) {
    Object.assign(this, { directory, cli, signal, serverPort, executorPort });
    this.proxy = new Proxy(proxyPort, executorPort);
    this.log = join(directory, 'runs.log');
    this.executorData = join(directory, 'executor', 'data');
    this.serverData = join(directory, 'server', 'data');
  }

  static async create(options) {
    mkdirSync(options.directory, { recursive: true });
    return new World({ ...options, ports: await lastingPorts(3) });
  }

  get url() {
    return `http://127.0.0.1:${this.serverPort}`;
  }

  async start() {
    await this.proxy.open();
    await Promise.all([this.startServer(), this.startExecutor()]);
  }

  /** @param env further variables */
  async startServer(more = {}) {
    const base = `http://127.0.0.1:${this.proxy.port}`;
    const env = Object.entries(SERVICES).flatMap(([name, { maxRuns, runsPerUser }]) => {
      const prefix = `SERVICE_${name.toUpperCase()}`;
      return [
        [`${prefix}_UPLOAD_URL`, `${base}/submit`],
        [`${prefix}_DOWNLOAD_URL`, `${base}/retrieve`],
        [`${prefix}_TERMINATE_URL`, `${base}/kill`],
        [`${prefix}_MAX_RUNS`, String(maxRuns)],
        [`${prefix}_RUNS_PER_USER`, String(runsPerUser)],
      ];
    });
    this.server = this.#launch('server', 'server', this.serverPort, { ...Object.fromEntries(env), ...more });
    await this.server.ready(this.signal);
  }

  async startExecutor(more = {}) {
    this.executor = this.#launch('executor', 'client', this.executorPort, { KILL_GRACE: '1', ...more });
    await this.executor.ready(this.signal);
  }

  /**
   * Kills both and starts them such that what crashes left goes at once, and not after MAX_AGE: directories that no row
   * knows, from a kill between rename and commit. What the jobs of the services hold is kept.
   */
  async startTidying() {
    await Promise.all([this.kill('server'), this.kill('executor')]);
    const kept = Object.keys(SERVICES).map((name) => [`SERVICE_${name.toUpperCase()}_MAX_AGE`, '864000']);
    await Promise.all([
      this.startServer({ MAX_AGE: '1', ...Object.fromEntries(kept) }),
      this.startExecutor({ MAX_AGE: '1' }),
    ]);
  }

  /** SIGKILL to the server, or to the executor, alone. */
  async kill(name) {
    const program = this[name];
    this.#asked.add(program);
    program.kill();
    await program.exited;
  }

  /** SIGKILL to every process of every job. The executor is dead by then, so no new ones appear. */
  killJobs() {
    return killProcessesOf(this.executorData, this.#programs());
  }

  /** Live processes of jobs: they stand in the executor's data directory, or their environment names it. */
  jobProcesses() {
    return processesOf(this.executorData, this.#programs());
  }

  /** Ends both in the orderly way. Returns what was wrong with that. */
  async stop() {
    const faults = [];
    for (const program of [this.server, this.executor].filter(Boolean)) {
      this.#asked.add(program);
      if (program.hasExited) continue;
      await program.stop();
      const how = await program.exited;
      if (how !== 'ended with exit code 0') faults.push(`the ${program.name} ${how} after SIGTERM`);
    }
    await this.proxy.cut();
    return faults;
  }

  #programs() {
    return [this.executor?.child.pid, this.server?.child.pid];
  }

  #launch(name, mode, port, env) {
    const program = new Program({ name, mode, cli: this.cli, port, directory: this.directory, env });
    void program.exited.then((how) => {
      if (!this.#asked.has(program)) this.crashes.push(`the ${name} ${how}; its log ends with:\n${program.tail()}`);
    });
    return program;
  }
}
