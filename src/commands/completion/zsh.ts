import { type CommandShape, LIST_SERVICES, type OptionShape } from './command-tree';

/** The completion for zsh: to be sourced, or put as `_job-orchestrator` into a directory of `fpath`. */
export function zshCompletion(commands: readonly CommandShape[]): string {
  const list = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  return `#compdef job-orchestrator
# zsh completion of job-orchestrator: source <(job-orchestrator completion zsh), after compinit
_job_orchestrator_services() {
  local -a names
  names=(\${(f)"$(${LIST_SERVICES})"})
  compadd -a names
}
_job_orchestrator() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _job_orchestrator ]]; then
  _job_orchestrator "$@"
else
  compdef _job_orchestrator job-orchestrator
fi
`;
}

function commandCase({ name, options, argument }: CommandShape): string {
  const specs = [...options.map(optionSpec), ...argumentSpec(argument)];
  return `    ${name})\n      _arguments -s \\\n${specs.map((spec) => `        ${spec}`).join(' \\\n')}\n      ;;`;
}

function optionSpec({ long, short, description, kind }: OptionShape): string {
  const about = `[${description.replaceAll(/[[\]]/g, '\\$&')}]${valueOf(kind)}`;
  return short === null ? quoted(`${long}${about}`) : `'(${short} ${long})'{${short},${long}}${quoted(about)}`;
}

function valueOf(kind: OptionShape['kind']): string {
  switch (kind) {
    case 'flag':
      return '';
    case 'file':
      return ':path:_files';
    case 'service':
      return ':service:_job_orchestrator_services';
    case 'choice':
    case 'text':
      return ':value: ';
  }
}

function argumentSpec({ kind, choices }: CommandShape['argument']): string[] {
  if (kind === 'file') {
    return [quoted('*:file:_files')];
  }
  // Without a word on its arguments, zsh completes nothing behind the first of them.
  return [kind === 'choice' ? quoted(`1:shell:(${choices.join(' ')})`) : quoted('*: : ')];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
