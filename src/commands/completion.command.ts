import type { Command as Program } from 'commander';
import { Command, InjectCommander } from 'nest-commander';
import { BaseCommand } from './base.command';
import { UsageError } from './command.errors';
import { bashCompletion } from './completion/bash';
import { type CommandShape, type Shell, SHELLS, shapesOf } from './completion/command-tree';
import { fishCompletion } from './completion/fish';
import { zshCompletion } from './completion/zsh';
import { EXIT } from './exit-codes';
import { Output } from './output';

/*
 * Written here in place of a library: omelette edits the user's start-up files and runs the program at each Tab (a quarter
 * of a second), @bomb.sh/tab is before its first stable release, and what nest-commander brings makes specifications for
 * Fig, which is no more. These scripts are text: a Tab runs nothing, but for names of services.
 */

const WRITERS: Readonly<Record<Shell, (commands: readonly CommandShape[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

@Command({
  name: 'completion',
  arguments: '<shell>',
  argsDescription: { shell: SHELLS.join(', ') },
  description: 'print what makes a shell complete these commands at the Tab key',
})
export class CompletionCommand extends BaseCommand {
  protected override readonly remarks = ['Names of services are asked of the server that JOB_ORCHESTRATOR_URL names.'];
  protected override readonly examples = [
    'completion bash > ~/.local/share/bash-completion/completions/job-orchestrator',
    'completion zsh > "${fpath[1]}/_job-orchestrator"',
    'completion fish > ~/.config/fish/completions/job-orchestrator.fish',
  ];

  constructor(@InjectCommander() private readonly program: Program) {
    super();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the form of every command
  async run([name = '']: string[]): Promise<void> {
    const shell = SHELLS.find((known) => known === name);
    if (shell === undefined) {
      process.exitCode = new Output(false).fail(new UsageError(`no completion for ${name}: ${SHELLS.join(', ')}`));
      return;
    }
    process.stdout.write(WRITERS[shell](shapesOf(this.program)));
    process.exitCode = EXIT.ok;
  }
}
