import { Command } from 'nest-commander';
import { isStatus } from '../wire/status';
import { EXIT } from './exit-codes';
import { stateText } from './http/portal-client';
import { readJobId } from './numbers';
import { type CommandContext, PortalCommand, type PortalOptions } from './portal.command';
import { columns } from './table';

@Command({
  name: 'status',
  arguments: '<id>',
  argsDescription: { id: 'id of the job' },
  description: 'say how a job is: its state, the reason, and when what happened',
})
export class StatusCommand extends PortalCommand<PortalOptions> {
  protected override readonly remarks = ['Exit code 0 whatever the state; to branch on how a job ended, use `wait`.'];
  protected override readonly examples = ['status 7', 'status 7 --json'];

  protected async execute({ client, output, args }: CommandContext<PortalOptions>): Promise<number> {
    const id = readJobId(args[0]);
    // The Rust program's server has the second route only.
    const known: Readonly<Record<string, unknown>> = (await client.details(id)) ?? { ...(await client.state(id)) };
    output.result(linesOf(id, known), known);
    return EXIT.ok;
  }
}

const TIMES = ['created_at', 'processing_at', 'submitted_at', 'started_at', 'ended_at', 'cleaned_at', 'expires_at'];

function linesOf(id: number, job: Readonly<Record<string, unknown>>): string[] {
  const status = isStatus(job.status) ? job.status : 'Unknown';
  const message = typeof job.message === 'string' ? job.message : '';
  const shown = ['service', 'user_id', ...TIMES].filter((key) => job[key] !== undefined && job[key] !== null);
  return [stateText({ id, status, message }), ...columns(shown.map((key) => [`  ${key}`, String(job[key])]))];
}
