import { ConfigError } from '../config/config-error';
import { OrchestratorError } from '../common/errors';
import { CommandError } from '../commands/command.errors';

/** EX_CONFIG of sysexits.h: the configuration has to be changed, a restart alone won't help. */
export const EXIT_CONFIG = 78;

/** Says why the program can't start and ends it: 78 for faults of the configuration, 2 for those of the command line, else 1. */
export function exitOnError(error: unknown): never {
  // What we raise ourselves explains itself; anything else needs its stack.
  const text =
    error instanceof OrchestratorError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`job-orchestrator: ${text ?? 'unknown error'}\n`);
  process.exit(exitCodeOf(error));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) {
    return EXIT_CONFIG;
  }
  return error instanceof CommandError ? error.exitCode : 1;
}
