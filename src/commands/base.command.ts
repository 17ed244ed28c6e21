import type { Command, CommanderError } from 'commander';
import { CommandRunner } from 'nest-commander';
import { EXIT } from './exit-codes';

/** What all commands have in common: help with examples, and exit code 2 for a wrong command line. */
export abstract class BaseCommand extends CommandRunner {
  /** Shown below the options by `--help`: command lines without the program's name. */
  protected readonly examples: readonly string[] = [];
  /** More for `--help`, before the examples. */
  protected readonly remarks: readonly string[] = [];

  override setCommand(command: Command): this {
    command.exitOverride(exitAfterParsing);
    // Else `terminate 7 8` would end 7 alone, and say that all is well.
    command.allowExcessArguments(false);
    command.showHelpAfterError(`see: job-orchestrator ${command.name()} --help`);
    command.addHelpText('after', () => this.furtherHelp());
    return super.setCommand(command);
  }

  private furtherHelp(): string {
    const examples = this.examples.map((example) => `  job-orchestrator ${example}`);
    return [
      ...(this.remarks.length > 0 ? ['', ...this.remarks] : []),
      ...(examples.length > 0 ? ['', 'Examples:', ...examples] : []),
    ].join('\n');
  }
}

/** Commander has said what is wrong by now, or has shown what was asked for. */
export function exitAfterParsing(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
}
