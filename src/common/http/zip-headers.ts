import type { Response } from 'express';

/**
 * An answer that is a zip, under a name by which browsers store it. Errors that come before its first byte are told as
 * such: the error filter takes the name away.
 */
export function announceZip(response: Response, fileName: string): void {
  // Not through express's `type`, which would add a charset.
  response.setHeader('content-type', 'application/zip');
  response.setHeader('content-disposition', `attachment; filename="${fileName}"`);
}
