import { messageOf, OrchestratorError } from '../common/errors';
import { ConfigError } from '../config/config-error';
import { CommandError } from './command.errors';
import { EXIT } from './exit-codes';

/**
 * What a command says. Results go to stdout, everything else to stderr. With `--json`, stdout gets exactly one JSON value on
 * one line, of an error too: `{"error":{"code","message","exit_code"}}`.
 */
export class Output {
  constructor(readonly isJson: boolean) {}

  /** The result: lines for people, or the value for scripts. */
  result(lines: readonly string[], value: unknown): void {
    process.stdout.write(this.isJson ? `${JSON.stringify(value)}\n` : lines.map((line) => `${plain(line)}\n`).join(''));
  }

  /** Something that the user may want to know, and a script doesn't read. */
  note(text: string): void {
    process.stderr.write(`${plain(text)}\n`);
  }

  /** Says what went wrong; the exit code. */
  fail(error: unknown): number {
    const code = error instanceof OrchestratorError ? error.code : 'internal';
    const exitCode = exitCodeOf(error);
    // What we raise ourselves explains itself; anything else needs its stack.
    const text = error instanceof OrchestratorError ? error.message : ((error as Error).stack ?? messageOf(error));
    process.stderr.write(`job-orchestrator: ${text}\n`);
    if (this.isJson) {
      process.stdout.write(`${JSON.stringify({ error: { code, message: messageOf(error), exit_code: exitCode } })}\n`);
    }
    return exitCode;
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) {
    return error.exitCode;
  }
  return error instanceof ConfigError ? EXIT.config : EXIT.internal;
}

/** Without control characters: texts of a server must not steer the terminal. */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?');
}
