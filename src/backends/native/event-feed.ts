import { backOff, delay } from '../../common/delay';
import { type PayloadReport, readPayload } from '../../wire/payload';
import { HEARTBEAT_MS } from '../../wire/protocol';
import { discard, type ExecutorHttp } from './executor-http';
import type { ExecutorPeer } from './executor-peer';

const RECONNECT = { firstMs: 100, maxMs: 5_000 };
/** An executor of the Rust program may be replaced by ours at any time. */
const ASK_AGAIN_MS = 30_000;
const ANSWER_MS = 5_000;
const MAX_LINE_CHARS = 1024 * 1024;

/** Who hears what an executor pushes. */
export interface FeedListener {
  report(payload: PayloadReport): void;
  /** The channel is new: reports may have been missed before. */
  opened(): void;
  /** The channel is lost: why, a question to the executor tells. */
  lost(): void;
}

/** Keeps a push channel to one executor open, until the signal aborts. */
export async function followEvents(
  http: ExecutorHttp,
  peer: ExecutorPeer,
  listener: FeedListener,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await peer.ready(signal);
      if (!peer.isOurs) {
        await delay(ASK_AGAIN_MS, signal);
        continue;
      }
      await readEvents(http, peer, signal, {
        report: (payload) => listener.report(payload),
        opened: () => {
          attempt = 0;
          listener.opened();
        },
        lost: () => listener.lost(),
      });
    } catch {
      // The peer has noted what is wrong with it; here it only means to try again.
    }
    await delay(backOff(Math.max(attempt, 1), RECONNECT), signal);
  }
}

async function readEvents(
  http: ExecutorHttp,
  peer: ExecutorPeer,
  signal: AbortSignal,
  listener: FeedListener,
): Promise<void> {
  const answer = await http.request({
    endpoint: peer.events,
    path: peer.events.path,
    method: 'GET',
    answerMs: ANSWER_MS,
    idleMs: 3 * HEARTBEAT_MS,
    signal,
    isFresh: true,
  });
  if (answer.statusCode !== 200) {
    await discard(answer);
    return;
  }
  peer.isPushing = true;
  listener.opened();
  try {
    let rest = '';
    for await (const chunk of answer.body.setEncoding('utf8') as AsyncIterable<string>) {
      peer.noteAnswer();
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      lines.filter((line) => line !== '').forEach((line) => tell(line, listener));
      if (rest.length > MAX_LINE_CHARS) {
        answer.body.destroy();
        return;
      }
    }
  } finally {
    peer.isPushing = false;
    peer.noteSilence();
    if (!signal.aborted) {
      listener.lost();
    }
  }
}

function tell(line: string, listener: FeedListener): void {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return;
  }
  const payload = readPayload(value);
  if (payload) {
    listener.report(payload);
  }
}
