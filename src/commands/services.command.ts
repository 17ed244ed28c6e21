import { Command, Option } from 'nest-commander';
import { RefusedError } from './command.errors';
import { EXIT } from './exit-codes';
import { addressOf } from './http/server-url';
import { type CommandContext, PortalCommand, type PortalOptions } from './portal.command';
import { columns } from './table';

interface ServicesOptions extends PortalOptions {
  readonly names?: boolean;
}

@Command({
  name: 'services',
  description: 'list the services of a server: limits, what they do now, reachable or not',
})
export class ServicesCommand extends PortalCommand<ServicesOptions> {
  protected override readonly remarks = [
    'ACTIVE: jobs that are active, of how many may be. A USER: how many of them one user may have.',
    'Exit code 0 also when a service is not reachable; `check` tells them apart.',
  ];
  protected override readonly examples = ['services', 'services --names', 'services --json'];

  @Option({ flags: '--names', description: 'print their names only, one a line' })
  parseNames(): boolean {
    return true;
  }

  protected async execute({ client, output, options }: CommandContext<ServicesOptions>): Promise<number> {
    const services = await client.services();
    if (services === null) {
      throw new RefusedError(
        `${addressOf(client.server)} does not list its services (the Rust program's server can't)`,
      );
    }
    output.result(options.names ? services.map(({ name }) => text(name)) : linesOf(services), services);
    return EXIT.ok;
  }
}

const HEAD = ['SERVICE', 'BACKEND', 'ACTIVE', 'A USER', 'WAITING', 'REACHABLE'];

function linesOf(services: readonly Readonly<Record<string, unknown>>[]): string[] {
  const rows = services.map((service) => [
    text(service.name),
    text(service.backend),
    `${text(service.active)} of ${text(service.max_runs)}`,
    text(service.runs_per_user),
    text(service.waiting),
    reachability(service),
  ]);
  return rows.length === 0 ? ['this server has no services'] : columns([HEAD, ...rows]);
}

function reachability({ reachable, reason }: Readonly<Record<string, unknown>>): string {
  const word = reachable === undefined ? '?' : reachable === true ? 'yes' : 'no';
  return typeof reason === 'string' ? `${word}: ${reason}` : word;
}

/** An older release says less. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}
