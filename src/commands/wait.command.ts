import { Command, Option } from 'nest-commander';
import { NotYetError } from './command.errors';
import { EXIT } from './exit-codes';
import { type Follower, followJob, isFinal } from './follow-job';
import { type JobState, type PortalClient, stateText } from './http/portal-client';
import { interruptible } from './interruptible';
import { readJobId, readSeconds } from './numbers';
import type { Output } from './output';
import { type CommandContext, PortalCommand, type PortalOptions } from './portal.command';

interface WaitOptions extends PortalOptions {
  readonly timeout?: number;
}

@Command({
  name: 'wait',
  arguments: '<id>',
  argsDescription: { id: 'id of the job' },
  description: 'wait until a job has ended, and say how',
})
export class WaitCommand extends PortalCommand<WaitOptions> {
  protected override readonly remarks = [
    'Exit code 0: Completed. 1: it ended without a result. 5: the time to wait is over, the job goes on.',
    'A server that stops answering meanwhile is asked on for 5 minutes.',
  ];
  protected override readonly examples = ['wait 7', 'wait 7 --timeout 3600'];

  @Option({ flags: '-t, --timeout <seconds>', description: 'how long to wait (default: until it ends)' })
  parseTimeout(text: string): number {
    return readSeconds('--timeout', text);
  }

  protected async execute({ client, output, args, options }: CommandContext<WaitOptions>): Promise<number> {
    const id = readJobId(args[0]);
    const state = await interruptible(
      () => goesOn(id),
      (signal) => waitForEnd(client, id, output, options.timeout, signal),
    );
    output.result([stateText(state)], state);
    return state.status === 'Completed' ? EXIT.ok : EXIT.jobFailed;
  }
}

/** What to say of a job that is waited for no longer. */
export function goesOn(id: number): string {
  return `interrupted, job ${id} goes on. Wait again: job-orchestrator wait ${id}; end it: job-orchestrator terminate ${id}`;
}

/**
 * Waits until the job has ended, telling its moves on a terminal.
 * @param timeoutS until it has ended if undefined
 * @throws NotYetError when the time is over
 */
export async function waitForEnd(
  client: PortalClient,
  id: number,
  output: Output,
  timeoutS: number | undefined,
  signal: AbortSignal,
): Promise<JobState> {
  const over = timeoutS === undefined ? new AbortController().signal : AbortSignal.timeout(timeoutS * 1000);
  const seen: JobState[] = [];
  const follower: Follower = {
    moved: (state) => {
      seen.push(state);
      if (process.stderr.isTTY) {
        output.note(stateText(state));
      }
    },
    away: (error) => output.note(`${error.message} Asking on...`),
  };
  const last = await followJob(client, id, follower, AbortSignal.any([signal, over])).catch((error: unknown) => {
    if (!over.aborted) {
      throw error;
    }
    return seen.at(-1) ?? { id, status: 'Unknown' as const, message: 'the server did not answer in time' };
  });
  if (over.aborted && !isFinal(last.status)) {
    throw new NotYetError(`${stateText(last)}. The time to wait is over, it goes on: job-orchestrator wait ${id}`);
  }
  return last;
}
