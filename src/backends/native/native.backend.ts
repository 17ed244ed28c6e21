import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { messageOf } from '../../common/errors';
import { SERVER_CONFIG } from '../../config/config.module';
import type { EndpointUrl } from '../../config/endpoint-url';
import type { ServerConfig } from '../../config/server-config';
import { readPayload } from '../../wire/payload';
import type {
  Backend,
  BackendCapabilities,
  BackendListener,
  BackendRef,
  BackendReport,
  FetchScope,
  JobHandle,
  JobSubmission,
} from '../backend';
import { BackendProvider } from '../backend-provider';
import {
  BackendCannotGiveError,
  BackendLostJobError,
  BackendUnavailableError,
  BackendUnclearError,
} from '../backend.errors';
import { bareReport } from '../bare-report';
import { followEvents } from './event-feed';
import { answerText, faultText } from './executor-faults';
import { contentTypeOf, discard, type ExecutorAnswer, ExecutorHttp, readJson } from './executor-http';
import { ExecutorPeer } from './executor-peer';
import { decodeRef, encodeRef } from './native-ref';
import { toReport } from './native-report';
import { pollPayloads } from './payload-poller';
import { submitJob } from './submit-job';

const ANSWER_MS = 15_000;
/** Making an archive may begin with a long look through a large directory. */
const ARCHIVE_ANSWER_MS = 60_000;
const ARCHIVE_IDLE_MS = 30_000;
/** KILL_GRACE may be 25 s; the server gives up waiting after 35 s. */
const KILL_ANSWER_MS = 32_000;
const MAX_JSON_BYTES = 1024 * 1024;

/** While an executor pushes, polling only repairs; the Rust client doesn't, so it is asked as often as its server does. */
const POLL_BESIDE_PUSH_MS = 15_000;
const POLL_WITHOUT_PUSH_MS = 250;
const POLL_WHILE_AWAY_MS = 1_000;

/** Executors that speak HTTP: our client mode, and the Rust program's. */
@Injectable()
@BackendProvider('native')
export class NativeBackend implements Backend {
  private readonly peers = new Map<string, ExecutorPeer>();

  constructor(
    private readonly http: ExecutorHttp,
    @Inject(SERVER_CONFIG) config: ServerConfig,
  ) {
    const byUrl = new Map<string, ExecutorPeer>();
    for (const service of config.services.values()) {
      if (service.native === null) {
        continue;
      }
      const { upload, download, terminate } = service.native;
      const url = [upload, download, terminate, upload.authorization ?? ''].join(' ');
      const peer = byUrl.get(url) ?? new ExecutorPeer(service.native, http);
      byUrl.set(url, peer);
      this.peers.set(service.name, peer);
    }
  }

  capabilities(service: string): BackendCapabilities {
    const peer = this.peers.get(service);
    const isOurs = peer?.isOurs ?? false;
    return {
      findsByKey: isOurs,
      partialResults: true,
      exitCodes: isOurs,
      walltime: peer?.isKnown ? isOurs : null,
      resources: false,
    };
  }

  async ready(service: string, signal: AbortSignal): Promise<void> {
    await this.peer(service).ready(signal);
  }

  async submit(job: JobSubmission, signal: AbortSignal): Promise<BackendRef> {
    const payload = await submitJob(this.http, this.peer(job.service), job, signal);
    return encodeRef({ service: job.service, payloadId: payload.id });
  }

  async find(job: JobHandle, signal: AbortSignal): Promise<BackendRef | 'absent'> {
    const peer = this.peer(job.service);
    await peer.ready(signal);
    if (!peer.isOurs) {
      throw new BackendUnclearError('this executor knows no keys and cannot be asked', false);
    }
    const answer = await this.ask(peer, peer.keys, peer.keys.pathFor(job.key), 'GET', ANSWER_MS, signal);
    const payload = readPayload(await readJson(answer, MAX_JSON_BYTES));
    if (answer.statusCode === 200 && payload) {
      return encodeRef({ service: job.service, payloadId: payload.id });
    }
    if (answer.statusCode === 404 && payload) {
      return 'absent';
    }
    throw new BackendUnclearError(answerText(answer, 'a payload'), true);
  }

  async poll(refs: readonly BackendRef[], signal: AbortSignal): Promise<ReadonlyMap<BackendRef, BackendReport>> {
    const reports = new Map<BackendRef, BackendReport>();
    const byPeer = new Map<ExecutorPeer, { ref: BackendRef; payloadId: number }[]>();
    for (const ref of refs) {
      try {
        const { service, payloadId } = decodeRef(ref);
        const peer = this.peer(service);
        const asked = byPeer.get(peer) ?? [];
        asked.push({ ref, payloadId });
        byPeer.set(peer, asked);
      } catch (error) {
        reports.set(ref, bareReport('unclear', messageOf(error)));
      }
    }
    await Promise.all(
      [...byPeer].map(async ([peer, asked]) => {
        const ids = new Set(asked.map(({ payloadId }) => payloadId));
        const answers = await this.pollPeer(peer, [...ids], signal);
        for (const { ref, payloadId } of asked) {
          reports.set(ref, answers.get(payloadId) ?? bareReport('unclear', 'the executor gave no answer'));
        }
      }),
    );
    return reports;
  }

  async fetch(ref: BackendRef, scope: FetchScope, signal: AbortSignal): Promise<Readable> {
    const { service, payloadId } = decodeRef(ref);
    const peer = this.peer(service);
    const endpoint = scope === 'results' ? peer.endpoints.download : peer.partial;
    const answer = await this.ask(peer, endpoint, endpoint.pathFor(payloadId), 'GET', ARCHIVE_ANSWER_MS, signal);
    if (answer.statusCode === 200 && contentTypeOf(answer) === 'application/zip') {
      return answer.body;
    }
    const payload = readPayload(await readJson(answer, MAX_JSON_BYTES));
    if (payload && (answer.statusCode === 404 || payload.status === 'Cleaned')) {
      throw new BackendLostJobError('the executor does not know this job any more');
    }
    throw new BackendCannotGiveError(answerText(answer, 'an archive'));
  }

  async terminate(job: JobHandle, ref: BackendRef | null, signal: AbortSignal): Promise<void> {
    const peer = this.peer(job.service);
    await peer.ready(signal);
    const { terminate } = peer.endpoints;
    if (ref === null && !peer.isOurs) {
      throw new BackendUnclearError('this executor can be asked only once it has taken the job', false);
    }
    const answer =
      ref === null
        ? await this.ask(peer, peer.keys, killPath(peer.keys, job.key), 'POST', KILL_ANSWER_MS, signal)
        : await this.ask(peer, terminate, terminate.pathFor(decodeRef(ref).payloadId), 'POST', KILL_ANSWER_MS, signal);
    const { statusCode } = answer;
    await discard(answer);
    // 404: nothing of the job is there that could run.
    if (statusCode !== 200 && statusCode !== 404) {
      throw new BackendUnclearError(`the executor answered ${statusCode} to the termination`, true);
    }
  }

  async release(ref: BackendRef, signal: AbortSignal): Promise<void> {
    const { service, payloadId } = decodeRef(ref);
    const peer = this.peer(service);
    await peer.ready(signal);
    if (!peer.isOurs) {
      return;
    }
    const path = peer.payloads.pathFor(payloadId);
    const answer = await this.ask(peer, peer.payloads, path, 'DELETE', ANSWER_MS, signal);
    await discard(answer);
    if (answer.statusCode !== 204 && answer.statusCode !== 404) {
      throw new BackendUnavailableError(`the executor answered ${answer.statusCode} to the release`);
    }
  }

  refOf(service: string, destId: number): BackendRef {
    return encodeRef({ service, payloadId: destId });
  }

  watch(listener: BackendListener, signal: AbortSignal): void {
    for (const peer of new Set(this.peers.values())) {
      const services = [...this.peers].filter(([, other]) => other === peer).map(([service]) => service);
      const feed = {
        report: (payload: NonNullable<ReturnType<typeof readPayload>>) => {
          // The executor doesn't know services: one of them has a job of this key.
          for (const service of services) {
            listener.report(encodeRef({ service, payloadId: payload.id }), payload.key, toReport(payload), service);
          }
        },
        opened: () => listener.gap(services),
        lost: () => listener.gap(services),
      };
      void followEvents(this.http, peer, feed, signal);
    }
  }

  pollEveryMs(service: string): number {
    const { isPushing, fault } = this.peer(service);
    if (isPushing) {
      return POLL_BESIDE_PUSH_MS;
    }
    return fault === null ? POLL_WITHOUT_PUSH_MS : POLL_WHILE_AWAY_MS;
  }

  private async pollPeer(peer: ExecutorPeer, ids: number[], signal: AbortSignal): Promise<Map<number, BackendReport>> {
    try {
      await peer.ready(signal);
    } catch {
      signal.throwIfAborted();
      return new Map(ids.map((id) => [id, bareReport('unclear', peer.fault ?? 'the executor is not reachable')]));
    }
    return pollPayloads(this.http, peer, ids, signal);
  }

  private async ask(
    peer: ExecutorPeer,
    endpoint: EndpointUrl,
    path: string,
    method: 'GET' | 'POST' | 'DELETE',
    answerMs: number,
    signal: AbortSignal,
  ): Promise<ExecutorAnswer> {
    try {
      const answer = await this.http.request({ endpoint, path, method, answerMs, idleMs: ARCHIVE_IDLE_MS, signal });
      peer.noteAnswer();
      return answer;
    } catch (error) {
      // Whoever asked has left: that says nothing about the executor.
      signal.throwIfAborted();
      peer.noteFault(`executor: ${faultText(error)}`);
      throw new BackendUnclearError(`executor: ${faultText(error)}`, true, { cause: error });
    }
  }

  private peer(service: string): ExecutorPeer {
    const peer = this.peers.get(service);
    if (!peer) {
      throw new BackendUnavailableError(`service ${service} is not configured any more`);
    }
    return peer;
  }
}

function killPath(keys: EndpointUrl, key: string): string {
  const [path, query] = keys.pathFor(key).split('?');
  return `${path ?? ''}/kill${query === undefined ? '' : `?${query}`}`;
}
