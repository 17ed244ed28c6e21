import { buffersPassed } from '../../common/dead-buffers';
import { JOB_ID_HEADER, JOB_KEY_HEADER, JOB_WALLTIME_HEADER } from '../../wire/protocol';
import { type PayloadReport, readPayload } from '../../wire/payload';
import type { JobSubmission } from '../backend';
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backend.errors';
import { answerText, faultText, neverReached } from './executor-faults';
import { contentTypeOf, type ExecutorAnswer, type ExecutorHttp, RedirectError, readJson } from './executor-http';
import type { ExecutorPeer } from './executor-peer';
import { SubmissionBody } from './submission-body';

/** Without a byte taken from us, or without an answer after the last one, for so long, the attempt is over. */
const PROGRESS_MS = 60_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Answers that no repeat of the same request would change. */
const FOR_GOOD = new Set([400, 409, 413, 415, 422]);

/** Hands a job's files to an executor; returns its payload. Errors as in Backend. */
export async function submitJob(
  http: ExecutorHttp,
  peer: ExecutorPeer,
  job: JobSubmission,
  signal: AbortSignal,
): Promise<PayloadReport> {
  const body = await SubmissionBody.of(job.inputDir);
  const watch = new ProgressWatch(signal);
  try {
    const { upload } = peer.endpoints;
    const answer = await http.request({
      endpoint: upload,
      path: upload.path,
      method: 'POST',
      headers: {
        'content-type': body.contentType,
        'content-length': String(body.contentLength),
        [JOB_KEY_HEADER]: job.key,
        [JOB_ID_HEADER]: String(job.id),
        ...(job.walltimeMs !== null && { [JOB_WALLTIME_HEADER]: String(job.walltimeMs) }),
      },
      body: () => watch.over(body.bytes()),
      answerMs: 0,
      idleMs: PROGRESS_MS,
      signal: watch.signal,
      isFresh: !peer.isOurs,
    });
    peer.noteAnswer();
    return await readSubmitAnswer(answer, peer);
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error, peer, watch);
  } finally {
    watch.close();
  }
}

async function readSubmitAnswer(answer: ExecutorAnswer, peer: ExecutorPeer): Promise<PayloadReport> {
  const { statusCode } = answer;
  const payload = readPayload(await readJson(answer, MAX_ANSWER_BYTES));
  if (statusCode === 200 && payload) {
    return payload;
  }
  if (FOR_GOOD.has(statusCode) && payload) {
    throw new BackendRejectedError(`the executor refused the job: ${payload.message || `status ${statusCode}`}`);
  }
  if (statusCode === 504 || (statusCode === 200 && contentTypeOf(answer) === 'application/json')) {
    throw new BackendUnclearError(answerText(answer, 'a payload'), peer.isOurs);
  }
  // A complete answer that isn't a payload comes from a proxy, or says no: nothing was taken.
  const text = payload && payload.message !== '' ? `executor: ${payload.message}` : answerText(answer, 'JSON');
  throw new BackendUnavailableError(text);
}

function translate(error: unknown, peer: ExecutorPeer, watch: ProgressWatch): unknown {
  if (
    error instanceof BackendRejectedError ||
    error instanceof BackendUnavailableError ||
    error instanceof BackendUnclearError
  ) {
    return error;
  }
  const text = watch.isStalled ? 'no progress in time' : faultText(error);
  peer.noteFault(`executor: ${text}`);
  // Before its last byte a form is not whole, and nobody takes it.
  if (neverReached(error) || error instanceof RedirectError || !watch.isSent) {
    return new BackendUnavailableError(`executor: ${text}`, { cause: error });
  }
  return new BackendUnclearError(`executor: ${text}`, peer.isOurs, { cause: error });
}

/** Aborts a request whose body is not taken, or that is not answered, for {@link PROGRESS_MS}. */
class ProgressWatch {
  isSent = false;
  isStalled = false;
  private readonly controller = new AbortController();
  readonly signal: AbortSignal;
  private readonly timer = setTimeout(() => {
    this.isStalled = true;
    this.controller.abort();
  }, PROGRESS_MS);

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.controller.signal]);
  }

  async *over(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of bytes) {
      this.timer.refresh();
      buffersPassed(chunk.length);
      yield chunk;
    }
    this.timer.refresh();
    this.isSent = true;
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
