import { type CommandShape, LIST_SERVICES, type OptionShape } from './command-tree';

/** The completion for bash 4 and newer. */
export function bashCompletion(commands: readonly CommandShape[]): string {
  const names = commands.map(({ name }) => name);
  return `# bash completion of job-orchestrator: source <(job-orchestrator completion bash)
_job_orchestrator() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= words= at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${names.join(' | ')}) command=\${COMP_WORDS[at]} && break ;;
    esac
  done
  case $command:$previous in
${valueCases(commands)}
  esac
  case $command in
    '') words='${names.join(' ')} help --help --version' ;;
${commands.map(wordsCase).join('\n')}
  esac
  if [[ $words == FILES* && $current != -* ]]; then
    _job_orchestrator_files
  else
    mapfile -t COMPREPLY < <(compgen -W "\${words#FILES}" -- "$current")
  fi
}
_job_orchestrator_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -F _job_orchestrator job-orchestrator
`;
}

/** What stands behind an option that takes a value. */
function valueCases(commands: readonly CommandShape[]): string {
  const lines = commands.flatMap(({ name, options }) =>
    options
      .filter(({ kind }) => kind !== 'flag')
      .map((option) => `    ${patternOf(name, option)}) ${valueOf(option)} ;;`),
  );
  return lines.join('\n');
}

function patternOf(command: string, { long, short }: OptionShape): string {
  return [long, short].flatMap((flag) => (flag === null ? [] : [`${command}:${flag}`])).join(' | ');
}

function valueOf({ kind }: OptionShape): string {
  switch (kind) {
    case 'file':
      return '_job_orchestrator_files; return';
    case 'service':
      return `mapfile -t COMPREPLY < <(compgen -W "$(${LIST_SERVICES})" -- "$current"); return`;
    case 'flag':
    case 'choice':
    case 'text':
      return 'return';
  }
}

function wordsCase({ name, options, argument }: CommandShape): string {
  const words = [
    ...argument.choices,
    ...options.flatMap(({ long, short }) => (short === null ? [long] : [long, short])),
  ];
  return `    ${name}) words='${argument.kind === 'file' ? 'FILES ' : ''}${words.join(' ')}' ;;`;
}
