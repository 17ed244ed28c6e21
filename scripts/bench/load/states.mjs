// What a poll says of a job.

import { setTimeout as delay } from 'node:timers/promises';
import { isFinal } from '../../lib/portal.mjs';
import { pollRequest } from './requests.mjs';

/**
 * The status that an answer of `GET /download/{id}` stands for: `Completed` is said by a zip.
 * @throws Error when it is neither a status nor a zip
 */
export function statusOf(answer) {
  if (answer.status === 200 && answer.type.startsWith('application/zip')) {
    if (answer.start.latin1Slice(0, 2) === 'PK') return { status: 'Completed', message: '' };
    throw new Error(`a zip of ${answer.bytes} bytes that is none`);
  }
  if (answer.status === 200) return JSON.parse(answer.start.toString());
  throw new Error(`a poll was answered ${answer.status}: ${answer.start.toString().slice(0, 300)}`);
}

/**
 * Polls a job until it is in one of the states `wanted`. Returns the answer that said so.
 * @throws Error when it ends in another one, or after `deadline`
 */
export async function until(connection, id, wanted, { everyMs, deadline }) {
  const request = pollRequest(id);
  for (;;) {
    const askedAt = performance.now();
    const answer = await connection.ask(request);
    const { status, message } = statusOf(answer);
    if (wanted.includes(status)) return answer;
    if (isFinal(status)) throw new Error(`job ${id} ended ${status}, not ${wanted.join(' or ')}: ${message}`);
    if (askedAt > deadline) throw new Error(`job ${id} is still ${status} and not ${wanted.join(' or ')}: ${message}`);
    await delay(everyMs);
  }
}

/** The id of an accepted upload. @throws Error when it was not accepted */
export function idOf(answer) {
  if (answer.status !== 201) {
    throw new Error(`an upload was answered ${answer.status}: ${answer.start.toString().slice(0, 300)}`);
  }
  return JSON.parse(answer.start.toString()).id;
}
