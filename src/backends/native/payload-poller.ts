import { Semaphore } from '../../common/semaphore';
import { readPayload } from '../../wire/payload';
import { MAX_QUERY_IDS } from '../../wire/protocol';
import type { BackendReport } from '../backend';
import { bareReport } from '../bare-report';
import { answerText, faultText } from './executor-faults';
import { contentTypeOf, type ExecutorAnswer, type ExecutorHttp, readJson } from './executor-http';
import type { ExecutorPeer } from './executor-peer';
import { toReport } from './native-report';

const ANSWER_MS = 15_000;
const MAX_PAYLOAD_BYTES = 1024 * 1024;
const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** The Rust client is asked for each payload by itself. */
const CONCURRENCY = 8;

/** Asks one executor for the states of payloads; answers for each id. Rejects on abort only. */
export async function pollPayloads(
  http: ExecutorHttp,
  peer: ExecutorPeer,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, BackendReport>> {
  const reports = new Map<number, BackendReport>();
  if (peer.isOurs) {
    for (let at = 0; at < ids.length; at += MAX_QUERY_IDS) {
      const batch = ids.slice(at, at + MAX_QUERY_IDS);
      const answers = await queryMany(http, peer, batch, signal);
      batch.forEach((id) => reports.set(id, answers.get(id) ?? bareReport('unclear', 'the executor gave no answer')));
    }
    return reports;
  }
  const turns = new Semaphore(CONCURRENCY);
  await Promise.all(ids.map((id) => turns.run(async () => reports.set(id, await retrieveOne(http, peer, id, signal)))));
  return reports;
}

async function queryMany(
  http: ExecutorHttp,
  peer: ExecutorPeer,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, BackendReport>> {
  const all = (report: BackendReport) => new Map(ids.map((id) => [id, report]));
  try {
    const answer = await http.request({
      endpoint: peer.payloads,
      path: peer.payloads.pathFor('query'),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: () => JSON.stringify({ ids }),
      answerMs: ANSWER_MS,
      idleMs: ANSWER_MS,
      signal,
    });
    const list = answer.statusCode === 200 ? await readJson(answer, MAX_LIST_BYTES) : undefined;
    if (!Array.isArray(list)) {
      return all(bareReport('unclear', answerText(answer, 'a list of payloads')));
    }
    peer.noteAnswer();
    const known = new Map(list.map(readPayload).flatMap((payload) => (payload ? [[payload.id, payload]] : [])));
    // Our executor says what it knows: an id that it leaves out is gone.
    return new Map(
      ids.map((id) => {
        const payload = known.get(id);
        return [id, payload ? toReport(payload) : bareReport('lost', 'the executor does not know this job any more')];
      }),
    );
  } catch (error) {
    signal.throwIfAborted();
    peer.noteFault(`executor: ${faultText(error)}`);
    return all(bareReport('unclear', `executor: ${faultText(error)}`));
  }
}

async function retrieveOne(
  http: ExecutorHttp,
  peer: ExecutorPeer,
  id: number,
  signal: AbortSignal,
): Promise<BackendReport> {
  const { download } = peer.endpoints;
  try {
    const answer = await http.request({
      endpoint: download,
      path: download.pathFor(id),
      method: 'GET',
      answerMs: ANSWER_MS,
      idleMs: ANSWER_MS,
      signal,
    });
    return await readRetrieveAnswer(answer, peer);
  } catch (error) {
    signal.throwIfAborted();
    peer.noteFault(`executor: ${faultText(error)}`);
    return bareReport('unclear', `executor: ${faultText(error)}`);
  }
}

async function readRetrieveAnswer(answer: ExecutorAnswer, peer: ExecutorPeer): Promise<BackendReport> {
  if (answer.statusCode === 200 && contentTypeOf(answer) === 'application/zip') {
    // Only the head was wanted: closing the connection spares the archive.
    answer.body.on('error', () => undefined).destroy();
    peer.noteAnswer();
    return bareReport('completed', '');
  }
  const payload = readPayload(await readJson(answer, MAX_PAYLOAD_BYTES));
  if (payload && answer.statusCode === 200) {
    peer.noteAnswer();
    return toReport(payload);
  }
  if (payload && answer.statusCode === 404) {
    peer.noteAnswer();
    return bareReport('lost', 'the executor does not know this job any more');
  }
  return bareReport('unclear', answerText(answer, 'a payload'));
}
