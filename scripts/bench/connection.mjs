// One keep-alive connection to a server, for one request at a time. Not node:http and no undici: on the status poll,
// both cost the load generator more than the poll costs the server.

import { once } from 'node:events';
import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.mjs';

const READ_BYTES = 256 * 1024;

export class Connection {
  #socket = null;
  #reader = null;
  #onAnswer = null;
  #onError = null;

  constructor(port) {
    this.port = port;
  }

  /** Sends a whole request; `onAnswer` or `onError` is called once. Opens the connection when there is none. */
  send(request, onAnswer, onError) {
    this.#onAnswer = onAnswer;
    this.#onError = onError;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  /** The same as a promise. */
  ask(request) {
    return new Promise((resolve, reject) => this.send(request, resolve, reject));
  }

  /** Sends a request in parts, each as soon as the one before it has gone out. */
  async askInParts(parts) {
    const answered = new Promise((resolve, reject) => {
      this.#onAnswer = resolve;
      this.#onError = reject;
    });
    answered.catch(() => undefined);
    const socket = (this.#socket ??= this.#open());
    for (const part of parts) {
      if (this.#socket !== socket) break;
      if (!socket.write(part)) await Promise.race([once(socket, 'drain'), answered.catch(() => undefined)]);
    }
    return answered;
  }

  close() {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open() {
    const reader = new AnswerReader((answer) => this.#answered(answer));
    const socket = connect({
      port: this.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BYTES),
        callback: (length, buffer) => {
          try {
            reader.take(buffer.subarray(0, length));
          } catch (error) {
            this.#failed(socket, error);
          }
          return true;
        },
      },
    });
    socket.on('error', (error) => this.#failed(socket, error));
    socket.on('close', () => {
      if (reader.close()) return;
      this.#failed(socket, new Error('the connection was closed before the answer was over'));
    });
    this.#reader = reader;
    return socket;
  }

  #answered(answer) {
    if (answer.isLast) this.close();
    const tell = this.#onAnswer;
    this.#onAnswer = this.#onError = null;
    if (!tell) throw new Error('an answer that nobody asked for');
    tell(answer);
  }

  #failed(socket, error) {
    // One that was left or replaced has nothing to say; one that is closed between two requests neither.
    if (socket !== this.#socket) return;
    this.close();
    const tell = this.#onError;
    this.#onAnswer = this.#onError = null;
    tell?.(error);
  }
}
