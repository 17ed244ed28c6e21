import { abortable } from '../../common/abortable';
import type { NativeEndpoints } from '../../config/server-config';
import type { EndpointUrl } from '../../config/endpoint-url';
import { EVENTS_SEGMENT, WIRE_VERSION } from '../../wire/protocol';
import { BackendUnavailableError } from '../backend.errors';
import { faultText } from './executor-faults';
import { discard, type ExecutorHttp, readJson } from './executor-http';

/** An executor that has answered this recently is not asked for its health before a hand-over. */
const ANSWERED_LATELY_MS = 10_000;
const HEALTH_MS = 5_000;
const MAX_HEALTH_BYTES = 64 * 1024;

/**
 * One executor as a service's configuration names it, and what is known of it: whether it answers, and whether it is
 * ours (it then knows keys, pushes reports and answers for many payloads at once) or the Rust program's client.
 */
export class ExecutorPeer {
  readonly health: EndpointUrl;
  readonly keys: EndpointUrl;
  readonly payloads: EndpointUrl;
  readonly events: EndpointUrl;
  readonly partial: EndpointUrl;
  /** `null` until it has answered once. */
  private isOursOrUnknown: boolean | null = null;
  private lastAnswerAt = -Infinity;
  private lastFault: string | null = null;
  private asking: Promise<void> | null = null;
  /** The push channel is open. */
  isPushing = false;

  constructor(
    readonly endpoints: NativeEndpoints,
    private readonly http: ExecutorHttp,
  ) {
    this.health = endpoints.upload.sibling('health');
    this.keys = endpoints.upload.sibling('keys');
    this.payloads = endpoints.upload.sibling('payloads');
    this.events = endpoints.upload.sibling(EVENTS_SEGMENT);
    this.partial = endpoints.download.sibling('retrieve_partial');
  }

  /** It is our own executor, as far as we know. */
  get isOurs(): boolean {
    return this.isOursOrUnknown === true;
  }

  /** It has answered once, so whether it is ours is known. */
  get isKnown(): boolean {
    return this.isOursOrUnknown !== null;
  }

  get fault(): string | null {
    return this.lastFault;
  }

  /** Something came back from it. */
  noteAnswer(): void {
    this.lastAnswerAt = performance.now();
    this.lastFault = null;
  }

  /** Nothing is known to be wrong with it, but it has to be asked before the next hand-over. */
  noteSilence(): void {
    this.lastAnswerAt = -Infinity;
  }

  noteFault(text: string): void {
    this.lastAnswerAt = -Infinity;
    this.lastFault = text;
  }

  /**
   * Resolves when it has answered lately, asking for its health if need be; callers share one question.
   * @throws BackendUnavailableError saying what is wrong
   */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.isOursOrUnknown !== null && performance.now() - this.lastAnswerAt < ANSWERED_LATELY_MS) {
      return;
    }
    // The question goes on when one of those who wait for its answer leaves.
    this.asking ??= this.askHealth().finally(() => (this.asking = null));
    await abortable(this.asking, signal);
  }

  private async askHealth(): Promise<void> {
    try {
      const answer = await this.http.request({
        endpoint: this.health,
        path: this.health.path,
        method: 'GET',
        answerMs: HEALTH_MS,
        idleMs: HEALTH_MS,
        signal: AbortSignal.timeout(2 * HEALTH_MS),
      });
      if (answer.statusCode >= 500) {
        await discard(answer);
        throw new BackendUnavailableError(`the executor's health check answered ${answer.statusCode}`);
      }
      const body = await readJson(answer, MAX_HEALTH_BYTES);
      // Whatever answers without saying so is taken for the Rust client, which has nothing to say it with.
      this.isOursOrUnknown = typeof body === 'object' && body !== null && 'wire' in body && body.wire === WIRE_VERSION;
      this.noteAnswer();
    } catch (error) {
      const text = error instanceof BackendUnavailableError ? error.message : `executor: ${faultText(error)}`;
      this.noteFault(text);
      throw new BackendUnavailableError(text, { cause: error });
    }
  }
}
