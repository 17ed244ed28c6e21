// One job that is large: in what it is sent, or in what it makes.

import { Connection } from '../connection.mjs';
import { pollRequest, uploadParts } from './requests.mjs';
import { idOf, statusOf, until } from './states.mjs';

const LOOK_EVERY_MS = 5;
/** The end-of-central-directory record of a zip, as long as it has no comment. */
const END_RECORD = 22;

/**
 * Uploads a job of `script` and `bytes` of noise, and polls until it is in one of the states `wanted`. Times are ms
 * since the upload began; `readMs` is when the answer that said so had been read: a whole zip, if it is `Completed`.
 */
export async function bigJob({ port, service, script, bytes, wanted, withinMs }) {
  const files = [{ name: 'run.sh', content: script }];
  if (bytes > 0) files.push({ name: 'noise', bytes });
  const connection = new Connection(port);
  const beganAt = performance.now();
  try {
    const id = idOf(await connection.askInParts(uploadParts(service, 1, files)));
    const uploadMs = performance.now() - beganAt;
    const answer = await until(connection, id, wanted, { everyMs: LOOK_EVERY_MS, deadline: beganAt + withinMs });
    const readMs = performance.now() - beganAt;
    return { id, uploadMs, untilMs: answer.headAt - beganAt, readMs, bytes: answer.bytes, entries: entriesOf(answer) };
  } finally {
    connection.close();
  }
}

/** Reads the zip of a completed job and drops it. */
export async function download({ port, id }) {
  const connection = new Connection(port);
  const beganAt = performance.now();
  try {
    const answer = await connection.ask(pollRequest(id));
    const ms = performance.now() - beganAt;
    const { status } = statusOf(answer);
    if (status !== 'Completed') throw new Error(`job ${id} is ${status} and no longer Completed`);
    return { ms, bytes: answer.bytes };
  } finally {
    connection.close();
  }
}

/** How many entries a zip has, by its last record (65,535 stands for more); null when there is none to be seen. */
function entriesOf({ end }) {
  const record = end.subarray(-END_RECORD);
  return record.length === END_RECORD && record.latin1Slice(0, 4) === 'PK\x05\x06' ? record.readUInt16LE(10) : null;
}
