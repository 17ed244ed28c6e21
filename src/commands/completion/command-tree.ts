import type { Argument, Command, Option } from 'commander';

/** What a word behind an option or a command can be. */
export type Kind = 'flag' | 'file' | 'service' | 'choice' | 'text';

/** One option, as a shell completes it. */
export interface OptionShape {
  readonly long: string;
  readonly short: string | null;
  readonly description: string;
  readonly kind: Kind;
}

/** One command, as a shell completes it. */
export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionShape[];
  /** What its arguments are. */
  readonly argument: { readonly kind: Kind; readonly choices: readonly string[] };
}

/** Reads the commands from the program itself, so that a completion knows what the program knows. */
export function shapesOf(program: Command): CommandShape[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [
      ...command.options.map(optionShape),
      { long: '--help', short: '-h', description: 'display help for command', kind: 'flag' },
    ],
    argument: argumentShape(command.registeredArguments[0]),
  }));
}

function optionShape(option: Option): OptionShape {
  return {
    long: option.long ?? '',
    short: option.short ?? null,
    description: option.description,
    kind: optionKind(option),
  };
}

function optionKind({ flags, long }: Option): Kind {
  if (!flags.includes('<')) {
    return 'flag';
  }
  if (flags.includes('<path>')) {
    return 'file';
  }
  return long === '--service' ? 'service' : 'text';
}

function argumentShape(argument: Argument | undefined): CommandShape['argument'] {
  const name = argument?.name() ?? '';
  if (name === 'shell') {
    return { kind: 'choice', choices: SHELLS };
  }
  return { kind: name === 'files' || name === 'file' ? 'file' : 'text', choices: [] };
}

/** Shells that there is a completion for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Prints the names of the services, for a shell that completes one; nothing if the server does not answer. */
export const LIST_SERVICES = 'job-orchestrator services --names 2>/dev/null';
