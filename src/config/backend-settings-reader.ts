import { editDistance } from './edit-distance';
import { EnvReader } from './env-reader';
import type { ServerConfig, ServiceConfig } from './server-config';
import { backendInfix } from './service-variables';
import type { Variable } from './variable-kinds';
import { SERVICE_PATTERN, SERVICE_PREFIX } from './variables';

/** A backend's variables by a key of its own; `SERVICE_<NAME>_<BACKEND>_` stands before each name. */
export type BackendVariables = Readonly<Record<string, Variable>>;

/** Edits between a known name and what still counts as a slip of it. */
const SLIP_EDITS = 2;

/** What the names in a backend's table begin with: `SERVICE_<NAME>_SLURM_`. */
export function backendPattern(backend: string): string {
  return `${SERVICE_PATTERN}${backendInfix(backend)}`;
}

/** The services that name this backend. */
export function servicesOn(config: ServerConfig, backend: string): readonly ServiceConfig[] {
  return [...config.services.values()].filter((service) => service.backend === backend);
}

/**
 * Reads what `SERVICE_<NAME>_<BACKEND>_*` say of a backend's services, by the backend's own table of variables (the form
 * of variables.ts, names starting with {@link backendPattern}). Made when the backend is made; all services are read by
 * one reader, and `finish()` reports every fault of them at once. A name that the table doesn't have is a fault.
 */
export class BackendSettingsReader<T extends BackendVariables> extends EnvReader {
  private readonly pattern: string;

  /** @param services those that name this backend */
  constructor(
    backend: string,
    services: readonly ServiceConfig[],
    private readonly table: T,
  ) {
    const prefixOf = (service: ServiceConfig) => writtenOut(backendPattern(backend), service);
    super(
      Object.fromEntries(
        services.flatMap((service) =>
          [...service.backendSettings].map(([rest, value]) => [prefixOf(service) + rest, value]),
        ),
      ),
    );
    this.pattern = backendPattern(backend);
    for (const service of services) {
      for (const rest of service.backendSettings.keys()) {
        this.refuseUnknown(prefixOf(service), rest);
      }
    }
  }

  /** The table with the names of one service's variables written out, for the methods that read them. */
  variablesOf(service: ServiceConfig): T {
    const entries = Object.entries(this.table).map(([key, variable]) => [
      key,
      { ...variable, name: writtenOut(variable.name, service) },
    ]);
    return Object.fromEntries(entries) as T;
  }

  private refuseUnknown(prefix: string, rest: string): void {
    const known = Object.values(this.table).map(({ name }) => name.slice(this.pattern.length));
    if (known.includes(rest)) {
      return;
    }
    const near = known.find((name) => editDistance(rest.toUpperCase(), name, SLIP_EDITS) <= SLIP_EDITS);
    this.fault(
      prefix + rest,
      near === undefined ? `unknown; there are ${known.join(', ')}` : `unknown; was ${prefix}${near} meant?`,
    );
  }
}

/**
 * Reads the settings of every service that names this backend.
 * @param table the backend's variables, as for {@link BackendSettingsReader}
 * @param read makes of one service's variables what the backend needs
 * @returns by the service's name
 * @throws ConfigError with the faults of all services
 */
export function readBackendSettings<T extends BackendVariables, S>(
  config: ServerConfig,
  backend: string,
  table: T,
  read: (reader: BackendSettingsReader<T>, variables: T, service: ServiceConfig) => S,
): ReadonlyMap<string, S> {
  const services = servicesOn(config, backend);
  const reader = new BackendSettingsReader(backend, services, table);
  const settings = services.map(
    (service) => [service.name, read(reader, reader.variablesOf(service), service)] as const,
  );
  reader.finish();
  return new Map(settings);
}

function writtenOut(name: string, service: ServiceConfig): string {
  return name.replace(SERVICE_PATTERN, `${SERVICE_PREFIX}${service.name.toUpperCase()}_`);
}
