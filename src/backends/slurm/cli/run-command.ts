import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { OrchestratorError } from '../../../common/errors';

/** What a command did. `code` is `null` when it did not end by itself: its time was over, or it was killed. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** It could not be started, was aborted, or said more than can be held. */
export class CommandNotRunError extends OrchestratorError {
  readonly code = 'command-not-run';
  readonly retryable = true;

  constructor(program: string, cause: Error) {
    super(`${program}: ${cause.message}`, { cause });
  }
}

/** 50,000 jobs in a list. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface CommandOptions {
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a program by its arguments, never through a shell, with exactly this environment.
 * @throws CommandNotRunError
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { environment, timeoutMs, signal }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { env: environment, cwd: '/', timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES, signal },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve({ code: 0, stdout, stderr });
        } else if (typeof error.code === 'number') {
          resolve({ code: error.code, stdout, stderr });
        } else if ((error.code ?? null) === null && !signal.aborted) {
          resolve({ code: null, stdout, stderr });
        } else {
          reject(new CommandNotRunError(program, error));
        }
      },
    ).stdin?.end();
  });
}

/** Where a program is, by the PATH; `null` when it isn't there. */
export async function findProgram(name: string, path: string): Promise<string | null> {
  for (const directory of path.split(delimiter).filter((each) => each.startsWith('/'))) {
    const program = join(directory, name);
    if (
      await access(program, constants.X_OK).then(
        () => true,
        () => false,
      )
    ) {
      return program;
    }
  }
  return null;
}
