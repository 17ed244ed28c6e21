import { OrchestratorError } from '../common/errors';
import type { PayloadRow } from './payloads.repository';

/** No payload of that id or key. HTTP says 404. */
export class PayloadNotFoundError extends OrchestratorError {
  readonly code = 'payload-not-found';
  readonly retryable = false;

  constructor(what: string) {
    super(`no payload ${what} on this executor`);
  }
}

/** The job was terminated before it arrived, so it is not taken. HTTP says 409. */
export class KeyTerminatedError extends OrchestratorError {
  readonly code = 'key-terminated';
  readonly retryable = false;

  constructor(readonly payload: PayloadRow) {
    super('the job was terminated before it arrived at this executor');
  }
}

/** A payload that still runs can't be released. HTTP says 409. */
export class PayloadActiveError extends OrchestratorError {
  readonly code = 'payload-active';
  readonly retryable = true;

  constructor(id: number) {
    super(`payload ${id} has not ended yet`);
  }
}

/** Something of the job may still run: the termination is not confirmed. HTTP says 500, and the server asks again. */
export class ProcessesLeftError extends OrchestratorError {
  readonly code = 'processes-left';
  readonly retryable = true;

  constructor(id: number, count: number) {
    super(`${count} processes of payload ${id} could not be ended`);
  }
}

/**
 * The files of a payload are not there: its disk is not mounted, or did not outlive the machine. Of results HTTP says 500:
 * the server asks again for a while, then fails the job. A payload that was about to run fails.
 */
export class PayloadFilesGoneError extends OrchestratorError {
  readonly code = 'payload-files-gone';
  readonly retryable = true;

  constructor(id: number) {
    super(`the files of payload ${id} are not there any more`);
  }
}

/** A header or a body of a request is not what it should be. HTTP says 400. */
export class BadRequestError extends OrchestratorError {
  readonly code = 'bad-request';
  readonly retryable = false;
}
