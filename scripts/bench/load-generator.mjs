import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('load/main.mjs', import.meta.url));

/** The process that sends requests. One for the whole run: it is as warm for one program as for the other. */
export class LoadGenerator {
  #child = fork(MAIN, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  #waiting = null;

  constructor(signal) {
    this.exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.on('message', ({ result, error }) => this.#settle(error ? new Error(error) : null, result));
    void this.exited.then(() => this.#settle(signal.reason ?? new Error('the load generator has ended')));
    signal.addEventListener('abort', () => this.#child.kill('SIGKILL'), { once: true });
  }

  /** Does one task of load/main.mjs; one at a time. @throws Error with what went wrong there */
  run(task, options) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#child.send({ task, options });
    });
  }

  async stop() {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #settle(error, result) {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (error) waiting?.reject(error);
    else waiting?.resolve(result);
  }
}
