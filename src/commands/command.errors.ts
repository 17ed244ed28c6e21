import { OrchestratorError } from '../common/errors';
import { EXIT } from './exit-codes';

/** A command can't do what it was asked to. `message` says what to do about it; whoever runs the command exits with `exitCode`. */
export abstract class CommandError extends OrchestratorError {
  abstract readonly exitCode: number;
}

/** The command line, or a file that it names, can't be meant. */
export class UsageError extends CommandError {
  readonly code = 'usage';
  readonly retryable = false;
  readonly exitCode = EXIT.usage;
}

/** No answer came from the server. */
export class ServerUnreachableError extends CommandError {
  readonly code = 'server-unreachable';
  readonly retryable = true;
  readonly exitCode = EXIT.unreachable;

  /** @param neverReached the request certainly did not arrive */
  constructor(
    server: string,
    reason: string,
    readonly neverReached: boolean,
    cause: unknown,
  ) {
    super(
      neverReached
        ? `${server} can't be reached: ${reason}. Is the server running? Another address: --server URL, or JOB_ORCHESTRATOR_URL`
        : `${server} gave no whole answer: ${reason}`,
      { cause },
    );
  }
}

/** An upload was sent, and no answer came: nobody knows whether there is a job. */
export class UnclearUploadError extends CommandError {
  readonly code = 'upload-unclear';
  readonly retryable = true;
  readonly exitCode = EXIT.unreachable;
}

/** What answers there is not (or not now) a server of this kind. */
export class BadAnswerError extends CommandError {
  readonly code = 'bad-answer';
  readonly exitCode = EXIT.unreachable;

  constructor(
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

/** The server has no such job. */
export class UnknownJobError extends CommandError {
  readonly code = 'unknown-job';
  readonly retryable = false;
  readonly exitCode = EXIT.unknownJob;

  constructor(
    readonly jobId: number,
    server: string,
  ) {
    super(`${server} has no job ${jobId}: is it the id of another server?`);
  }
}

/** The job ended without a result. */
export class JobFailedError extends CommandError {
  readonly code = 'job-failed';
  readonly retryable = false;
  readonly exitCode = EXIT.jobFailed;
}

/** The job has not come so far. */
export class NotYetError extends CommandError {
  readonly code = 'not-yet';
  readonly retryable = true;
  readonly exitCode = EXIT.notYet;
}

/** The server understood, and said no. */
export class RefusedError extends CommandError {
  readonly code = 'refused';
  readonly retryable = false;
  readonly exitCode = EXIT.refused;
}

/** A file of this machine can't be read or written, or what came is not a whole archive. */
export class LocalFileError extends CommandError {
  readonly code = 'local-file';
  readonly retryable = false;
  readonly exitCode = EXIT.localFile;
}

/** Ctrl-C, or SIGTERM. */
export class InterruptedError extends CommandError {
  readonly code = 'interrupted';
  readonly retryable = true;
  readonly exitCode = EXIT.interrupted;
}
