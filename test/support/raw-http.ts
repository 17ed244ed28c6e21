import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** What came back on a raw connection. */
export interface RawAnswer {
  /** 0 when the peer closed the connection without a status line, or none came in time. */
  status: number;
  head: string;
  body: string;
  /** The peer ended the connection. */
  isClosed: boolean;
  elapsedMs: number;
}

/** A TCP connection on which a test decides about every byte, and when it is sent. */
export class RawConnection {
  private received = '';
  private closed = false;
  private readonly since = Date.now();

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.received += text));
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined); // a reset is an end like any other here
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** The connection is gone, by whose doing ever. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** Resolves once the kernel has taken the bytes, or the connection is gone. */
  async send(data: string | Buffer): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.closed) {
        resolve();
        return;
      }
      this.socket.once('close', resolve);
      this.socket.write(data, () => {
        this.socket.off('close', resolve);
        setImmediate(resolve); // a row of writes that the kernel takes at once must not hide that the peer has gone
      });
    });
  }

  /** Says that nothing more will be sent; still reads. */
  finish(): void {
    this.socket.end();
  }

  /** Ends the connection at once, with a reset. */
  abort(): void {
    this.socket.resetAndDestroy();
  }

  /** Waits for a whole answer, the end of the connection, or the time limit; then ends the connection. */
  async answer(timeoutMs = 10_000): Promise<RawAnswer> {
    const deadline = Date.now() + timeoutMs;
    while (!this.closed && !isWhole(this.received) && Date.now() < deadline) {
      await this.more(deadline);
    }
    const [head = '', ...rest] = this.received.split('\r\n\r\n');
    const answer = {
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
      head,
      body: Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString(),
      isClosed: this.closed,
      elapsedMs: Date.now() - this.since,
    };
    this.socket.destroy();
    return answer;
  }

  private async more(deadline: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, Math.max(1, deadline - Date.now()));
      const { socket } = this;
      function done() {
        clearTimeout(timer);
        socket.off('data', done).off('end', done).off('close', done);
        resolve();
      }
      socket.on('data', done).on('close', done);
      socket.on('end', () => socket.end());
    });
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text.slice(0, Math.max(end, 0)))?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
}

/** Sends bytes as they are, ends the sending side, and waits for the answer. */
export async function rawExchange(
  port: number,
  data: string | Buffer,
  options: { timeoutMs?: number; finish?: boolean } = {},
): Promise<RawAnswer> {
  const connection = await RawConnection.open(port);
  await connection.send(data);
  if (options.finish ?? true) {
    connection.finish();
  }
  return connection.answer(options.timeoutMs);
}
