import { Option } from 'nest-commander';
import { BaseCommand } from './base.command';
import { PortalClient } from './http/portal-client';
import { readServerUrl } from './http/server-url';
import { Output } from './output';

/** Options of every command that talks to a server. */
export interface PortalOptions {
  readonly server: string;
  readonly json?: boolean;
}

const DEFAULT_SERVER = 'http://localhost:5000';

/** A command that talks to a server, as a portal does. */
export abstract class PortalCommand<O extends PortalOptions> extends BaseCommand {
  @Option({
    flags: '--server <url>',
    description: 'where the server is; may hold a path, and user:password@ for a proxy',
    defaultValue: DEFAULT_SERVER,
    env: 'JOB_ORCHESTRATOR_URL',
  })
  parseServer(text: string): string {
    return text.trim() === '' ? DEFAULT_SERVER : text;
  }

  @Option({ flags: '--json', description: 'print one JSON value, for scripts' })
  parseJson(): boolean {
    return true;
  }

  async run(args: string[], options: O): Promise<void> {
    const output = new Output(options.json ?? false);
    try {
      const client = new PortalClient(readServerUrl(options.server));
      process.exitCode = await this.execute({ client, output, args, options });
    } catch (error) {
      process.exitCode = output.fail(error);
    }
  }

  /** @returns the exit code. @throws CommandError */
  protected abstract execute(context: CommandContext<O>): Promise<number>;
}

/** What a command works with. */
export interface CommandContext<O extends PortalOptions> {
  readonly client: PortalClient;
  readonly output: Output;
  readonly args: readonly string[];
  readonly options: O;
}
