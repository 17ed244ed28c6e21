import { Command } from 'nest-commander';
import { EXIT } from './exit-codes';
import { stateText } from './http/portal-client';
import { readJobId } from './numbers';
import { type CommandContext, PortalCommand, type PortalOptions } from './portal.command';

@Command({
  name: 'terminate',
  arguments: '<id>',
  argsDescription: { id: 'id of the job' },
  description: 'end a job that waits or runs; returns once nothing of it can run any more',
})
export class TerminateCommand extends PortalCommand<PortalOptions> {
  protected override readonly remarks = [
    'Exit code 5: not confirmed within 35 seconds, it is carried out later. 6: the job has ended by itself.',
  ];
  protected override readonly examples = ['terminate 7'];

  protected async execute({ client, output, args }: CommandContext<PortalOptions>): Promise<number> {
    const id = readJobId(args[0]);
    const state = await client.terminate(id);
    output.result([stateText(state)], state);
    return EXIT.ok;
  }
}
