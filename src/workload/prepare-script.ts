import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoOf } from '../common/errors';
import { checkScript, type ScriptFilterOptions } from './script-filter/script-filter';
import { mendScript, mixedLineEndsHint } from './script-text';

/** A script is read whole; the filter refuses longer ones than 20 MiB, so one byte more is enough to see. */
const MAX_SCRIPT_READ = 20 * 1024 * 1024 + 1;

/** A script that may run, or why it may not. */
export type PreparedScript =
  | {
      /** What to put in its place; `null`: it is fine as it is. */
      readonly mended: Buffer | null;
      /** For the user: what was mended; empty if nothing. */
      readonly note: string;
      /** For the user, should the script fail; empty if there is nothing to say. */
      readonly hint: string;
    }
  | { readonly refusal: string };

/** Looks at a job's script before it runs: is it there, does the filter let it pass, must its text be mended. */
export async function prepareScript(path: string, filter: ScriptFilterOptions): Promise<PreparedScript> {
  const script = await readScript(path);
  if (script === null) {
    return { refusal: 'run.sh is missing' };
  }
  const refused = checkScript(script, filter);
  if (refused) {
    return { refusal: refused.message };
  }
  const mended = mendScript(script);
  return { mended: mended?.text ?? null, note: mended?.note ?? '', hint: mixedLineEndsHint(script) ?? '' };
}

/** `null` when there is none: missing, or something that is not a plain file. */
export async function readScript(path: string): Promise<Buffer | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) {
        return null;
      }
      if (found.size < MAX_SCRIPT_READ) {
        return await handle.readFile();
      }
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_SCRIPT_READ), 0, MAX_SCRIPT_READ, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errnoOf(error) ?? '')) {
      return null;
    }
    throw error;
  }
}
