import { randomUUID } from 'node:crypto';
import { Command, Option } from 'nest-commander';
import type { StatusBody } from '../wire/status-body';
import { BadAnswerError, RefusedError, ServerUnreachableError, UnclearUploadError, UsageError } from './command.errors';
import { archiveName, download, savedText } from './download.command';
import { EXIT } from './exit-codes';
import { JobForm } from './http/job-form';
import { type PortalClient, stateText } from './http/portal-client';
import { interruptible } from './interruptible';
import { findJobFiles, type JobFile } from './job-files';
import { readSeconds, readUserId } from './numbers';
import { type CommandContext, PortalCommand, type PortalOptions } from './portal.command';
import { ProgressBar } from './progress-bar';
import { findTarget } from './save-archive';
import { goesOn, waitForEnd } from './wait.command';

interface SubmitOptions extends PortalOptions {
  readonly service: string;
  readonly user: number;
  readonly wait?: boolean;
  readonly output?: string;
  readonly force?: boolean;
  readonly timeout?: number;
  readonly key?: string;
  readonly quiet?: boolean;
}

@Command({
  name: 'submit',
  arguments: '<files...>',
  argsDescription: { files: 'files of the job, run.sh among them; of a directory the files in it' },
  description: 'upload a job; with --wait also wait for its end, with --output also fetch its results',
})
export class SubmitCommand extends PortalCommand<SubmitOptions> {
  protected override readonly remarks = [
    'Prints the id of the job. With --wait the exit code says how it ended: 0 Completed, 1 without a result.',
  ];
  protected override readonly examples = [
    'submit run.sh input.pdb --service example --user 1',
    'submit ./my-job --service example --user 1 --output results.zip',
  ];

  @Option({ flags: '-s, --service <name>', description: 'which service is to run it; see `services`', required: true })
  parseService(name: string): string {
    return name;
  }

  @Option({
    flags: '-u, --user <number>',
    description: "whose quota it counts against: the portal's number",
    required: true,
  })
  parseUser(text: string): number {
    return readUserId(text);
  }

  @Option({ flags: '-w, --wait', description: 'wait until the job has ended' })
  parseWait(): boolean {
    return true;
  }

  @Option({ flags: '-o, --output <path>', description: 'wait, and save the results to this file or directory' })
  parseOutput(path: string): string {
    return path;
  }

  @Option({ flags: '--force', description: 'replace a file that is there' })
  parseForce(): boolean {
    return true;
  }

  @Option({ flags: '-t, --timeout <seconds>', description: 'how long to wait (default: until it ends)' })
  parseTimeout(text: string): number {
    return readSeconds('--timeout', text);
  }

  @Option({
    flags: '-k, --key <text>',
    description: 'names this upload: a repeat with it gives the same job, for a day',
  })
  parseKey(text: string): string {
    if (!/^[\x20-\x7e]{1,255}$/.test(text)) {
      throw new UsageError('--key: must be 1 to 255 printable ASCII characters');
    }
    return text;
  }

  @Option({ flags: '-q, --quiet', description: 'print the id of the job and nothing else' })
  parseQuiet(): boolean {
    return true;
  }

  protected async execute({ client, output, args, options }: CommandContext<SubmitOptions>): Promise<number> {
    if (options.timeout !== undefined && !options.wait && options.output === undefined) {
      throw new UsageError('--timeout is for a job that is waited for: add --wait or --output');
    }
    const { files, leftOut } = await findJobFiles(args);
    leftOut.forEach((path) => output.note(`left out: ${path}, a log of an earlier run`));
    // Whether it can be saved is better known before the job has run.
    const named = options.output;
    const place =
      named === undefined ? null : await findTarget(named, archiveName('ID', 'results'), options.force ?? false);

    const accepted = await interruptible(
      () => 'interrupted while it was uploaded: there is no job, unless the server had everything already',
      (signal) => upload(client, files, options, signal),
    );
    const { id } = accepted;
    if (options.quiet) {
      output.result([String(id)], accepted);
    }
    if (place === null && !options.wait) {
      if (!options.quiet) {
        output.result([stateText({ ...accepted, message: '' })], accepted);
      }
      return EXIT.ok;
    }
    if (!options.quiet && !output.isJson) {
      output.note(`job ${id} was accepted`);
    }
    return interruptible(
      () => goesOn(id),
      async (signal) => {
        const state = await waitForEnd(client, id, output, options.timeout, signal);
        const isCompleted = state.status === 'Completed';
        const target =
          isCompleted && named !== undefined
            ? await findTarget(named, archiveName(id, 'results'), options.force ?? false)
            : null;
        const saved = target === null ? null : await download(client, id, 'results', target, signal);
        const lines = [stateText(state), ...(saved === null ? [] : [savedText(saved)])];
        if (!options.quiet) {
          output.result(lines, {
            ...state,
            ...(saved && { output: saved.path, bytes: saved.bytes, files: saved.files }),
          });
        }
        if (!isCompleted && !options.quiet) {
          output.note(`its files: job-orchestrator download ${id} --partial`);
        }
        return isCompleted ? EXIT.ok : EXIT.jobFailed;
      },
    );
  }
}

async function upload(
  client: PortalClient,
  files: readonly JobFile[],
  options: SubmitOptions,
  signal: AbortSignal,
): Promise<StatusBody> {
  const key = options.key ?? randomUUID();
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = new ProgressBar('upload', total);
  const form = new JobForm({ user_id: String(options.user), service: options.service }, files, (count) =>
    progress.add(count),
  );
  try {
    return await client.upload(form, key, signal);
  } catch (error) {
    throw explained(error, key);
  } finally {
    progress.end();
  }
}

function explained(error: unknown, key: string): unknown {
  const isUnclear =
    (error instanceof ServerUnreachableError && !error.neverReached) ||
    (error instanceof BadAnswerError && error.retryable);
  if (isUnclear) {
    const text = `${error.message}. It may have taken the job: the same command with --key ${key} gives that job, or makes it`;
    return new UnclearUploadError(text, { cause: error });
  }
  if (error instanceof RefusedError && error.message.includes('Invalid service')) {
    return new RefusedError(`${error.message}. The services of this server: job-orchestrator services`, {
      cause: error,
    });
  }
  return error;
}
