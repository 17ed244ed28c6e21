import { type CommandShape, LIST_SERVICES, type OptionShape } from './command-tree';

const COMPLETE = 'complete -c job-orchestrator';

/** The completion for fish 3 and newer. */
export function fishCompletion(commands: readonly CommandShape[]): string {
  return [
    '# fish completion of job-orchestrator: job-orchestrator completion fish | source',
    `${COMPLETE} -f`,
    ...commands.map(
      ({ name, description }) => `${COMPLETE} -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ),
    ...commands.flatMap(linesOf),
    '',
  ].join('\n');
}

function linesOf({ name, options, argument }: CommandShape): string[] {
  const within = `${COMPLETE} -n '__fish_seen_subcommand_from ${name}'`;
  const lines = options.map(
    (option) => `${within} ${flagsOf(option)}${valueOf(option)} -d ${quoted(option.description)}`,
  );
  if (argument.kind === 'file') {
    lines.push(`${within} -F`);
  }
  if (argument.kind === 'choice') {
    lines.push(`${within} -a ${quoted(argument.choices.join(' '))}`);
  }
  return lines;
}

function flagsOf({ long, short }: OptionShape): string {
  return `-l ${long.slice(2)}${short === null ? '' : ` -s ${short.slice(1)}`}`;
}

function valueOf({ kind }: OptionShape): string {
  switch (kind) {
    case 'flag':
      return '';
    case 'file':
      return ' -r -F';
    case 'service':
      return ` -x -a '(${LIST_SERVICES})'`;
    case 'choice':
    case 'text':
      return ' -x';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
