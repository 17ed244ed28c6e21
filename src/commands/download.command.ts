import { Command, Option } from 'nest-commander';
import { EXIT } from './exit-codes';
import type { PortalClient, Scope } from './http/portal-client';
import { interruptible } from './interruptible';
import { bytesText, readJobId } from './numbers';
import { type CommandContext, PortalCommand, type PortalOptions } from './portal.command';
import { findTarget, saveArchive, type SavedArchive } from './save-archive';

interface DownloadOptions extends PortalOptions {
  readonly partial?: boolean;
  readonly output?: string;
  readonly force?: boolean;
}

@Command({
  name: 'download',
  arguments: '<id>',
  argsDescription: { id: 'id of the job' },
  description: 'fetch the results of a completed job as a zip',
})
export class DownloadCommand extends PortalCommand<DownloadOptions> {
  protected override readonly remarks = [
    'The zip appears under its name only when it is whole and has been checked. An interrupted download starts anew.',
  ];
  protected override readonly examples = ['download 7', 'download 7 --output results.zip', 'download 7 --partial'];

  @Option({ flags: '--partial', description: 'its files as they are now, whatever its state' })
  parsePartial(): boolean {
    return true;
  }

  @Option({ flags: '-o, --output <path>', description: 'file or directory to save to (default: job-ID.zip)' })
  parseOutput(path: string): string {
    return path;
  }

  @Option({ flags: '--force', description: 'replace a file that is there' })
  parseForce(): boolean {
    return true;
  }

  protected async execute({ client, output, args, options }: CommandContext<DownloadOptions>): Promise<number> {
    const id = readJobId(args[0]);
    const scope = options.partial ? 'partial' : 'results';
    const name = archiveName(id, scope);
    const path = await findTarget(options.output ?? name, name, options.force ?? false);
    const saved = await interruptible(
      () => `interrupted, nothing was saved. Once more: job-orchestrator download ${id}`,
      (signal) => download(client, id, scope, path, signal),
    );
    output.result([`job ${id}: ${savedText(saved)}`], {
      id,
      output: saved.path,
      bytes: saved.bytes,
      files: saved.files,
    });
    return EXIT.ok;
  }
}

/** Fetches an archive to a path that {@link findTarget} gave. */
export async function download(
  client: PortalClient,
  id: number,
  scope: Scope,
  path: string,
  signal: AbortSignal,
): Promise<SavedArchive> {
  return saveArchive(await client.open(id, scope, signal), path, client.server);
}

/** `job-7.zip`. */
export function archiveName(id: number | string, scope: Scope): string {
  return scope === 'partial' ? `job-${id}.partial.zip` : `job-${id}.zip`;
}

/** `results.zip, 3 files, 1.5 MiB`. */
export function savedText({ path, files, bytes }: SavedArchive): string {
  return `${path}, ${files} ${files === 1 ? 'file' : 'files'}, ${bytesText(bytes)}`;
}
