import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What is done to the answer of a request. */
export type Injury =
  /** The request gets through, its answer doesn't: the connection ends when the answer begins. */
  | { readonly kind: 'drop-answer' }
  /** So many bytes of the answer get through, then the connection ends. */
  | { readonly kind: 'cut-after'; readonly bytes: number }
  /** One byte of the answer, counted from its end of head, is not what was sent. */
  | { readonly kind: 'flip'; readonly offset: number }
  /** The answer, and the rest of the request, arrive at this rate. */
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  /** The request gets through, its answer never comes; the connection stays. */
  | { readonly kind: 'swallow' };

interface Rule {
  /** Matched against request lines, as in `POST /submit HTTP/1.1`. */
  readonly pattern: RegExp;
  readonly injury: Injury;
  left: number;
}

const TICK_MS = 50;

/** A TCP proxy between server and executor that injures what passes on command. Knows just enough HTTP to tell requests apart. */
export class TcpProxy {
  /** Port on 127.0.0.1 that connections are passed on to; 0: none yet. */
  target = 0;
  /** Request lines so far. */
  readonly seen: string[] = [];
  /** Injuries done so far. */
  injured = 0;
  private rules: Rule[] = [];
  private readonly links = new Set<Link>();
  private server: Server | null = null;
  private isStalled = false;

  private constructor(readonly port: number) {}

  static async start(target = 0): Promise<TcpProxy> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const proxy = new TcpProxy(port);
    proxy.target = target;
    await proxy.restore();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends every connection and refuses new ones. */
  async cut(): Promise<void> {
    const { server } = this;
    this.server = null;
    this.links.forEach((link) => link.destroy());
    if (server) {
      server.close();
      await once(server, 'close');
    }
  }

  async restore(): Promise<void> {
    if (this.server) return;
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Takes connections and bytes, passes nothing on, in either direction. */
  stall(): void {
    this.isStalled = true;
    this.links.forEach((link) => link.pause());
  }

  resume(): void {
    this.isStalled = false;
    this.links.forEach((link) => link.resume());
  }

  /** Injures the next `times` requests whose request line matches. */
  injure(pattern: RegExp, injury: Injury, times = 1): void {
    this.rules.push({ pattern, injury, left: times });
  }

  /** No injuries any more, but for the requests that suffer one already. */
  heal(): void {
    this.rules = [];
  }

  /** @internal */
  injuryFor(line: string): Injury | null {
    this.seen.push(line);
    const rule = this.rules.find(({ pattern, left }) => left > 0 && pattern.test(line));
    if (!rule) return null;
    rule.left--;
    this.injured++;
    return rule.injury;
  }

  private accept(socket: Socket): void {
    const link = new Link(this, socket, connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true }));
    this.links.add(link);
    link.onEnd(() => this.links.delete(link));
    if (this.isStalled) link.pause();
  }
}

/** One connection through the proxy: requests on it come one after the other. */
class Link {
  private injury: Injury | null = null;
  private passed = 0;
  private ended: () => void = () => undefined;
  private queue: Buffer[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly proxy: TcpProxy,
    private readonly near: Socket,
    private readonly far: Socket,
  ) {
    near.on('data', (chunk) => this.onRequest(chunk));
    far.on('data', (chunk) => this.onAnswer(chunk));
    near.on('end', () => far.end());
    far.on('end', () => (this.timer ? undefined : near.end()));
    for (const socket of [near, far]) {
      socket.on('error', () => this.destroy());
      socket.on('close', () => this.destroy());
    }
  }

  onEnd(ended: () => void): void {
    this.ended = ended;
  }

  pause(): void {
    this.near.pause();
    this.far.pause();
  }

  resume(): void {
    this.near.resume();
    this.far.resume();
  }

  destroy(): void {
    if (this.timer) clearInterval(this.timer);
    this.near.destroy();
    this.far.destroy();
    this.ended();
  }

  private onRequest(chunk: Buffer): void {
    const line = /^(?:GET|POST|DELETE) \S+ HTTP\/1\.1(?=\r\n)/.exec(chunk.subarray(0, 2048).toString('latin1'));
    if (line) {
      this.injury = this.proxy.injuryFor(line[0]);
      this.passed = 0;
    }
    pass(chunk, this.near, this.far);
  }

  private onAnswer(chunk: Buffer): void {
    const before = this.passed;
    this.passed += chunk.length;
    switch (this.injury?.kind) {
      case undefined:
        return pass(chunk, this.far, this.near);
      case 'swallow':
        return;
      case 'drop-answer':
        return this.destroy();
      case 'cut-after': {
        const rest = this.injury.bytes - before;
        if (chunk.length < rest) return pass(chunk, this.far, this.near);
        this.near.write(chunk.subarray(0, Math.max(0, rest)), () => this.destroy());
        return;
      }
      case 'flip': {
        const at = this.injury.offset - before;
        const isHere = at >= 0 && at < chunk.length;
        if (isHere) chunk.writeUInt8(chunk.readUInt8(at) ^ 0xff, at);
        return pass(chunk, this.far, this.near);
      }
      case 'trickle':
        return this.trickle(chunk, this.injury.bytesPerSecond);
    }
  }

  private trickle(chunk: Buffer, bytesPerSecond: number): void {
    this.queue.push(chunk);
    this.far.pause();
    this.timer ??= setInterval(
      () => {
        const waiting = Buffer.concat(this.queue.splice(0));
        const size = Math.max(1, Math.round((bytesPerSecond * TICK_MS) / 1000));
        this.near.write(waiting.subarray(0, size));
        if (waiting.length > size) this.queue.push(waiting.subarray(size));
        else if (this.far.readableEnded) this.near.end();
        else this.far.resume();
      },
      Math.max(TICK_MS, 1000 / bytesPerSecond),
    );
  }
}

function pass(chunk: Buffer, from: Socket, to: Socket): void {
  if (!to.write(chunk)) {
    from.pause();
    to.once('drain', () => from.resume());
  }
}
