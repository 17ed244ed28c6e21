import type { EndpointUrl } from '../../config/endpoint-url';
import type { Status } from '../../wire/status';
import type { StatusBody } from '../../wire/status-body';
import { JobFailedError, NotYetError, RefusedError, UnknownJobError } from '../command.errors';
import { type Answer, call, type StreamedBody } from './http-call';
import { readJson, readStatusBody, unexpected } from './read-answer';
import { addressOf } from './server-url';

/** How a job is, as a server says; of a Rust server's completed job there is no message. */
export interface JobState {
  readonly id: number;
  readonly status: Status;
  readonly message: string;
}

/** Which files of a job. */
export type Scope = 'results' | 'partial';

/** The server may make an archive, or sync a large upload to disk, before it says anything. */
const IDLE_MS = 90_000;
const ANSWER_MS = 30_000;

/**
 * A server, used as a portal uses it. Speaks the contract that the Rust program's server keeps as well; what is beyond it
 * (`details`, `services`) says `null` where a server doesn't have it.
 * All calls: @throws ServerUnreachableError | BadAnswerError | RefusedError
 */
export class PortalClient {
  constructor(readonly server: EndpointUrl) {}

  /** @param key names the upload: a server of ours answers a repeat with the job that it has */
  async upload(form: StreamedBody, key: string, signal: AbortSignal): Promise<StatusBody> {
    const headers = { 'idempotency-key': key };
    const request = { method: 'POST' as const, path: '/upload', headers, body: form, idleMs: IDLE_MS, signal };
    const answer = await call(this.server, request);
    const body = await readJson(answer, this.server);
    const accepted = readStatusBody(body);
    if (answer.status === 201 && accepted) {
      return accepted;
    }
    throw unexpected(answer, body, this.server);
  }

  /**
   * How the job is now, or after the next change of its state, or when the time to wait is over. A server that doesn't know
   * how to wait answers at once.
   * @throws UnknownJobError
   */
  async state(id: number, waitSeconds = 0, signal?: AbortSignal): Promise<JobState> {
    const answer = await call(this.server, {
      method: 'GET',
      path: `/download/${id}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ''}`,
      idleMs: ANSWER_MS + waitSeconds * 1000,
      ...(signal && { signal }),
    });
    if (answer.status === 200 && answer.contentType === 'application/zip') {
      answer.close();
      return { id, status: 'Completed', message: '' };
    }
    return this.stateIn(id, answer, await readJson(answer, this.server));
  }

  /** Everything that the server tells of a job, as it tells it; `null` when it has no such route, or no such job. */
  async details(id: number): Promise<Readonly<Record<string, unknown>> | null> {
    const answer = await call(this.server, { method: 'GET', path: `/jobs/${id}`, idleMs: ANSWER_MS });
    const body = await readJson(answer, this.server);
    if (answer.status === 200 && readStatusBody(body)) {
      return body as Record<string, unknown>;
    }
    if (answer.status === 404) {
      return null;
    }
    throw unexpected(answer, body, this.server);
  }

  /** The services, as the server tells them; `null` when it has no such route. */
  async services(): Promise<readonly Readonly<Record<string, unknown>>[] | null> {
    const answer = await call(this.server, { method: 'GET', path: '/services', idleMs: ANSWER_MS });
    const body = await readJson(answer, this.server);
    if (answer.status === 200 && Array.isArray(body)) {
      return body as Record<string, unknown>[];
    }
    if (answer.status === 404) {
      return null;
    }
    throw unexpected(answer, body, this.server);
  }

  /**
   * Resolves once nothing of the job can run any more.
   * @throws UnknownJobError | RefusedError it has ended by itself | NotYetError not confirmed, it will be carried out
   */
  async terminate(id: number): Promise<StatusBody> {
    const answer = await call(this.server, { method: 'POST', path: `/terminate/${id}`, idleMs: IDLE_MS });
    const body = await readJson(answer, this.server);
    const said = readStatusBody(body);
    if (answer.status === 500 && said?.status === 'Locked') {
      throw new NotYetError(
        `job ${id}: the termination is not confirmed. It is carried out as soon as its executor answers; ask with: job-orchestrator status ${id}`,
      );
    }
    if (answer.status === 409 && said) {
      throw new RefusedError(said.message);
    }
    return this.stateIn(id, answer, body);
  }

  /**
   * The head of an archive, its body still to be read.
   * @throws UnknownJobError | NotYetError | JobFailedError with what to do
   */
  async open(id: number, scope: Scope, signal: AbortSignal): Promise<Answer> {
    const path = scope === 'results' ? `/download/${id}` : `/download_partial/${id}`;
    const answer = await call(this.server, { method: 'GET', path, idleMs: IDLE_MS, signal });
    if (answer.status === 200 && answer.contentType === 'application/zip') {
      return answer;
    }
    const body = await readJson(answer, this.server);
    const said = readStatusBody(body);
    if (scope === 'partial' && answer.status === 404 && said?.id === id) {
      throw noFiles(said);
    }
    throw noResult(this.stateIn(id, answer, body));
  }

  /** The state in an answer about a job. */
  private stateIn(id: number, answer: Answer, body: unknown): JobState {
    const said = readStatusBody(body);
    if (answer.status === 200 && said) {
      return { ...said, id };
    }
    if (answer.status === 404 && said) {
      throw new UnknownJobError(id, addressOf(this.server));
    }
    throw unexpected(answer, body, this.server);
  }
}

/** In one line: `job 7: Failed, exit code 3`. */
export function stateText({ id, status, message }: JobState): string {
  return `job ${id}: ${status}${message === '' ? '' : `, ${message}`}`;
}

function noFiles(state: JobState): NotYetError | JobFailedError {
  return state.status === 'Cleaned' ? new JobFailedError(stateText(state)) : new NotYetError(stateText(state));
}

function noResult(state: JobState): NotYetError | JobFailedError {
  const { id, status } = state;
  switch (status) {
    case 'Failed':
    case 'Killed':
    case 'Invalid':
      return new JobFailedError(
        `${stateText(state)}. It has no result; its files: job-orchestrator download ${id} --partial`,
      );
    case 'Cleaned':
      return new JobFailedError(`${stateText(state)}. Its files were removed`);
    case 'Queued':
    case 'Processing':
    case 'Submitted':
    case 'Prepared':
    case 'Running':
    case 'Locked':
    case 'Completed':
    case 'Unknown':
      return new NotYetError(
        `${stateText(state)}. Wait for it: job-orchestrator wait ${id}; its files as they are: job-orchestrator download ${id} --partial`,
      );
  }
}
