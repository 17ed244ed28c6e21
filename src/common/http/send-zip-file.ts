import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { Request, Response } from 'express';
import { isReset } from './peer-gone';
import { announceZip } from './zip-headers';

const readInto = promisify(read);

/** Large pieces: each costs a trip through the thread pool. */
const CHUNK_BYTES = 512 * 1024;

/** Sends a file as `application/zip`, streamed from disk, its length announced; `fileName` is how browsers store it. */
export async function sendZipFile(path: string, fileName: string, request: Request, response: Response): Promise<void> {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    announceZip(response, fileName);
    response.setHeader('content-length', size);
    if (request.method !== 'HEAD') {
      await sendBytes(descriptor, size, response);
    }
    response.end();
  } catch (error) {
    if (response.headersSent) {
      // Else what was cut short would look like an answer that is still under way.
      response.destroy();
    }
    if (!isReset(error, request)) {
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * By two buffers that are used again and again: one is filled while the other is on its way. A file stream makes a new
 * one for each piece, and takes half as long again.
 */
async function sendBytes(descriptor: number, size: number, response: Response): Promise<void> {
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(size, 1))));
  let sending: Promise<void> = Promise.resolve();
  for (let at = 0, turn = 0; at < size; turn ^= 1) {
    const buffer = buffers[turn] ?? Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await readInto(descriptor, buffer, 0, Math.min(buffer.length, size - at), at);
    await sending;
    if (bytesRead === 0) {
      throw new Error('the archive was cut while it was sent');
    }
    at += bytesRead;
    sending = write(response, buffer.subarray(0, bytesRead));
    // Waited for a moment later, when it may have failed already.
    sending.catch(() => undefined);
  }
  await sending;
}

/** Resolves when the bytes are with the system and the buffer is free. */
function write(response: Response, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
    if (response.destroyed || response.closed) {
      onClose();
      return;
    }
    response.once('close', onClose);
    response.write(bytes, (error) => {
      response.off('close', onClose);
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    });
  });
}
