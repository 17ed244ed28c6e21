import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { isReset } from './peer-gone';

/** Large pieces: each costs a trip through the thread pool. */
const CHUNK_BYTES = 512 * 1024;

/** Sends a file as `application/zip`, streamed from disk, its length announced. */
export async function sendZipFile(path: string, request: Request, response: Response): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    // Not through express's `type`, which would add a charset.
    response.setHeader('content-type', 'application/zip');
    response.setHeader('content-length', size);
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    await pipeline(handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false, end: size - 1 }), response);
  } catch (error) {
    if (!isReset(error, request)) {
      throw error;
    }
  } finally {
    await handle.close();
  }
}
