import type { Stats } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buffersPassed } from '../common/dead-buffers';
import { errnoOf, messageOf } from '../common/errors';
import type { EndpointUrl } from '../config/endpoint-url';
import { CommandError, LocalFileError, ServerUnreachableError, UsageError } from './command.errors';
import { type Answer, faultOf } from './http/http-call';
import { addressOf } from './http/server-url';
import { ProgressBar } from './progress-bar';

/** A whole archive, in its place. */
export interface SavedArchive {
  readonly path: string;
  readonly bytes: number;
  /** How many files are in it. */
  readonly files: number;
}

/**
 * Where an archive is going to be, found out before anything is sent: a directory takes it under its own name.
 * @throws UsageError it is there already and may not be replaced, or can't be put there
 */
export async function findTarget(output: string, nameInDirectory: string, mayReplace: boolean): Promise<string> {
  const found = await lookAt(output);
  const path = found?.isDirectory() ? join(output, nameInDirectory) : output;
  const there = found?.isDirectory() ? await lookAt(path) : found;
  if (there && !there.isFile()) {
    throw new UsageError(`${path} is there and is no file`);
  }
  if (there && !mayReplace) {
    throw new UsageError(`${path} is there already: add --force to replace it, or choose another with --output`);
  }
  if (!(await lookAt(dirname(path)))?.isDirectory()) {
    throw new UsageError(`there is no directory ${dirname(path)}: make it first`);
  }
  return path;
}

/**
 * Writes an archive to `<path>.part`, checks it, and renames it: a file at `path` is always whole. On failure nothing is left.
 * @throws ServerUnreachableError it came incomplete | LocalFileError
 */
export async function saveArchive(answer: Answer, path: string, server: EndpointUrl): Promise<SavedArchive> {
  const part = `${path}.part`;
  try {
    const bytes = await receive(answer, part, server);
    // Loaded only now: it costs a third of the time that a command takes to start.
    const { verifyArchive } = await import('../common/archive/verify-archive.js');
    const files = await verifyArchive(part);
    await rename(part, path);
    return { path, bytes, files };
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (error instanceof CommandError || (error instanceof Error && error.name === 'AbortError')) {
      throw error;
    }
    throw new LocalFileError(`${path} could not be saved: ${messageOf(error)}`, { cause: error });
  }
}

async function receive({ body, contentLength }: Answer, part: string, server: EndpointUrl): Promise<number> {
  // When one end fails the other is destroyed with its error: the first tells whose fault it is.
  const faultsOf: ('server' | 'disk')[] = [];
  body.on('error', () => faultsOf.push('server'));
  // Before the first byte: a stream that opens it later would make it anew after it was removed.
  const file = await open(part, 'w');
  const writer = file.createWriteStream();
  writer.on('error', () => faultsOf.push('disk'));
  const progress = new ProgressBar('download', contentLength);
  let bytes = 0;
  async function* counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      bytes += piece.length;
      buffersPassed(piece.length);
      progress.add(piece.length);
      yield piece;
    }
  }
  try {
    await pipeline(body, counted, writer);
  } catch (error) {
    throw faultsOf[0] === 'disk' ? error : faultOf(error, server);
  } finally {
    progress.end();
  }
  if (contentLength !== null && bytes !== contentLength) {
    throw new ServerUnreachableError(addressOf(server), `${bytes} of ${contentLength} bytes came`, false, undefined);
  }
  return bytes;
}

async function lookAt(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return null;
    }
    throw new UsageError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}
