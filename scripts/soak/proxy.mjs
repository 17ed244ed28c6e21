// A TCP proxy between server and executor, whose line can be cut and stalled.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Proxy {
  #server = null;
  #sockets = new Set();
  #isStalled = false;

  constructor(port, target) {
    this.port = port;
    this.target = target;
  }

  async open() {
    if (this.#server) return;
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#link(near));
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Ends every connection, in the middle of whatever it carries. */
  reset() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Ends every connection and refuses new ones, until `open`. */
  async cut() {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    server.close();
    this.reset();
    await once(server, 'close');
  }

  /** Takes connections and passes nothing on, in either direction, until `resume`. */
  stall() {
    this.#isStalled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume() {
    this.#isStalled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  #link(near) {
    const far = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from);
      from.on('data', (chunk) => {
        if (to.write(chunk) || this.#isStalled) return;
        from.pause();
        to.once('drain', () => this.#isStalled || from.resume());
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#isStalled) from.pause();
    }
  }
}
