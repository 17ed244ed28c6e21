// What is sent: whole requests as bytes, made once and sent often.

import { randomBytes } from 'node:crypto';

const BOUNDARY = '----job-orchestrator-bench';
/** Pieces of a large file: noise, so that nothing on the way can be smaller than what was sent. */
const PIECE = 4 * 1024 * 1024;

/** The status poll of a portal: the one route of the contract that says how a job is. */
export function pollRequest(id) {
  return Buffer.from(`GET /download/${id} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** An upload of `files`, `[{ name, content }]`, as one piece. */
export function uploadRequest(service, user, files) {
  return Buffer.concat([...uploadParts(service, user, files)]);
}

/** The same in parts. A file with `bytes` in place of `content` is that much noise. */
export function* uploadParts(service, user, files) {
  const fields = Object.entries({ user_id: user, service }).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const heads = files.map(
    ({ name }) =>
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const end = `--${BOUNDARY}--\r\n`;
  const texts = [...fields, ...heads, end].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const contents = files.reduce((sum, { content, bytes }) => sum + (bytes ?? Buffer.byteLength(content)) + 2, 0);
  yield Buffer.from(
    'POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\n' +
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\nContent-Length: ${texts + contents}\r\n\r\n` +
      fields.join(''),
  );
  for (const [index, { content, bytes }] of files.entries()) {
    yield Buffer.from(heads[index]);
    if (bytes === undefined) yield Buffer.from(content);
    else yield* noise(bytes);
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(end);
}

function* noise(bytes) {
  const piece = randomBytes(Math.min(bytes, PIECE));
  for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
}
