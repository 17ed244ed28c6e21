import type { IncomingMessage } from 'node:http';
import { buffersPassed } from '../dead-buffers';
import { errnoOf } from '../errors';
import { readBoundary } from './content-type';
import { FileWriter } from './file-writer';
import { FormCollector, type ReceivedFile } from './form-collector';
import { BadFormError, FormTooLargeError, RequestAbortedError } from './multipart-errors';
import { MultipartParser } from './multipart-parser';

const DEFAULT_IDLE_MS = 60_000;

/** What a form may not exceed; `null` is no limit. Exactly the limit is accepted. */
export interface FormLimits {
  /** Of the whole body, as it is on the wire. */
  readonly maxBytes: number | null;
  readonly maxFiles: number | null;
  /** Of each text field. */
  readonly maxFieldBytes: number;
}

/** A form that came whole. */
export interface ReceivedForm {
  /** Text fields; of several with one name, the first. A part is a file if it has a filename. */
  readonly fields: ReadonlyMap<string, string>;
  readonly files: readonly ReceivedFile[];
  /** Of the whole body. */
  readonly bytes: number;
}

/** Where a form goes, and what it is held to. */
export interface ReceiveOptions {
  /** Exists; each file is created in it exclusively. */
  readonly directory: string;
  readonly limits: FormLimits;
  /** A file of such a name makes the form a bad one. */
  readonly reservedNames: readonly string[];
  /** Sync every file, and the directory, before resolving. */
  readonly durable: boolean;
  /** So long without a byte from the peer, and it is given up. Default 60,000 ms. */
  readonly idleMs?: number;
  /** Called for each text field as it comes; may throw, to refuse the form early. */
  readonly onField?: (name: string, value: string) => void;
}

/**
 * Reads a multipart/form-data request, its files straight to disk. Memory stays within about 2 MiB, whatever the size.
 *
 * On rejection nothing is open and nothing is written any more, but files written so far remain: the caller removes the
 * directory. The request is left paused with the rest of its body unread, which is for `answerEarly` to take.
 *
 * @throws BadFormError         the form is malformed, or names a file as it must not be named: the sender has to change it
 * @throws FormTooLargeError    over a limit
 * @throws RequestAbortedError  the peer went away or stalled
 * Errors of the disk come as they are, with their errno (ENOSPC, EDQUOT: the disk is full). What `onField` throws, too.
 */
export async function receiveForm(request: IncomingMessage, options: ReceiveOptions): Promise<ReceivedForm> {
  const boundary = readBoundary(request.headers['content-type']);
  const { maxBytes } = options.limits;
  if (maxBytes !== null && Number(request.headers['content-length'] ?? 0) > maxBytes) {
    throw new FormTooLargeError('bytes', maxBytes);
  }
  let onChange = (): void => undefined;
  const writer = new FileWriter(options.directory, options.durable, () => onChange());
  const collector = new FormCollector(writer, {
    maxFiles: options.limits.maxFiles,
    maxFieldBytes: options.limits.maxFieldBytes,
    reservedNames: options.reservedNames,
    onField: options.onField,
  });
  const parser = new MultipartParser(boundary, collector);
  let bytes = 0;
  try {
    await pump(request, options.idleMs ?? DEFAULT_IDLE_MS, {
      take: (chunk) => {
        bytes += chunk.length;
        if (maxBytes !== null && bytes > maxBytes) {
          throw new FormTooLargeError('bytes', maxBytes);
        }
        parser.feed(chunk);
      },
      end: () => parser.end(),
      writer,
      subscribe: (listener) => (onChange = listener),
    });
    await writer.finish();
  } catch (error) {
    await writer.abandon(error);
    throw asFormError(error);
  }
  return { fields: collector.fields, files: collector.files, bytes };
}

/** Names that differ can be one to a disk that ignores case or accents: the fault is in the form, not in the disk. */
function asFormError(error: unknown): unknown {
  return errnoOf(error) === 'EEXIST'
    ? new BadFormError('two files have names that this disk takes for one', { cause: error })
    : error;
}

/** Where the body goes. */
interface BodyTarget {
  take(chunk: Buffer): void;
  end(): void;
  readonly writer: Pick<FileWriter, 'isBehind' | 'error'>;
  /** The listener is called whenever the writer's getters may have changed for the better, or it has failed. */
  subscribe(listener: () => void): void;
}

/** Resolves when the body was taken to its end. On rejection the request is paused, and nobody listens to it any more. */
async function pump(request: IncomingMessage, idleMs: number, target: BodyTarget): Promise<void> {
  const { writer } = target;
  await new Promise<void>((resolve, reject) => {
    let isWaitingForDisk = false;
    const idle = setTimeout(() => {
      if (isWaitingForDisk) {
        idle.refresh(); // the peer cannot send: it's we who are slow
      } else {
        settle(new RequestAbortedError(`no byte of the form came for ${idleMs / 1000} s`));
      }
    }, idleMs);
    const settle = (error?: unknown): void => {
      clearTimeout(idle);
      target.subscribe(() => undefined);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (error === undefined) {
        resolve();
      } else {
        request.pause();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it came
        reject(error);
      }
    };
    const attempt = (action: () => void): boolean => {
      try {
        action();
        return true;
      } catch (error) {
        settle(error);
        return false;
      }
    };
    const onData = (chunk: Buffer): void => {
      idle.refresh();
      buffersPassed(chunk.length);
      if (attempt(() => target.take(chunk)) && writer.isBehind) {
        isWaitingForDisk = true;
        request.pause();
      }
    };
    const onEnd = (): void => {
      if (attempt(() => target.end())) {
        settle();
      }
    };
    const onGone = (): void => settle(new RequestAbortedError('the peer went away before the form was whole'));
    target.subscribe(() => {
      if (writer.error !== undefined) {
        settle(writer.error.cause);
      } else if (isWaitingForDisk && !writer.isBehind) {
        isWaitingForDisk = false;
        idle.refresh();
        request.resume();
      }
    });
    if (request.readableEnded) {
      onEnd();
    } else if (request.destroyed) {
      onGone();
    } else {
      request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    }
  });
}
