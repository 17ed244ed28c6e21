import { readCommonSettings, type CommonSettings } from './common-settings';
import type { EndpointUrl } from './endpoint-url';
import { EnvReader, type Environment } from './env-reader';
import { frozenMap } from './frozen-map';
import { backendInfix, findServices, type FoundService } from './service-variables';
import {
  SERVICE_PREFIX,
  SERVICE_VARIABLES,
  type ServiceVariableKey,
  serviceVariableName,
  VARIABLES,
} from './variables';

/** The backend of a service that names none. */
const NATIVE = SERVICE_VARIABLES.backend.default;
const URL_KEYS = ['upload', 'download', 'terminate'] as const;
/** Limits of what executors don't deal out. */
const RESOURCE_KEYS = ['maxCpus', 'maxMemory'] as const;

/** Where the executor of a service is. */
export interface NativeEndpoints {
  readonly upload: EndpointUrl;
  readonly download: EndpointUrl;
  readonly terminate: EndpointUrl;
}

/** One service that users may ask for. */
export interface ServiceConfig {
  /** Lower case, as it stands in an upload's `service` field. */
  readonly name: string;
  /** What runs its jobs: `native`, or the name that a backend's module gives. */
  readonly backend: string;
  /** Active jobs of one user. */
  readonly runsPerUser: number;
  /** Active jobs of all users. */
  readonly maxRuns: number;
  /** How often a job is started at most; a script that fails is never repeated. */
  readonly maxAttempts: number;
  /** A script that runs longer is ended. May exceed what a timer takes (2^31 ms). */
  readonly maxRuntimeMs: number | null;
  /** The most that a job may ask for; `null`: no limit of the service's. */
  readonly maxCpus: number | null;
  /** The most that a job may ask for, in MiB; `null`: no limit of the service's. */
  readonly maxMemoryMiB: number | null;
  /** Retention after a job's end. */
  readonly maxAgeMs: number;
  /** `null` unless the backend is `native`. */
  readonly native: NativeEndpoints | null;
  /** What `SERVICE_<NAME>_<BACKEND>_*` say, by the rest of the name (`PARTITION`), unread: see BackendSettingsReader. */
  readonly backendSettings: ReadonlyMap<string, string>;
}

/** Configuration of server mode: validated, complete, deeply frozen. */
export interface ServerConfig extends CommonSettings {
  readonly mode: 'server';
  /** TCP port; 0 is any free one. */
  readonly port: number;
  /** Of one upload, all its parts together. */
  readonly maxUploadBytes: number;
  /** Of one upload. */
  readonly maxUploadFiles: number;
  /** Without contact for so long, the jobs an executor has are given up. May exceed what a timer takes (2^31 ms). */
  readonly executorLostAfterMs: number;
  /** Packages that bring further backends, by name or path, as they were written. */
  readonly backendModules: readonly string[];
  /** By name, in alphabetical order. */
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** Lines to log at start. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration of server mode.
 * @param directory where relative paths start
 * @throws ConfigError with every fault at once
 */
export function readServerConfig(env: Environment, directory: string = process.cwd()): ServerConfig {
  const reader = new EnvReader(env);
  const settings = {
    mode: 'server' as const,
    port: reader.integer(VARIABLES.serverPort),
    ...readCommonSettings(reader, directory),
    maxUploadBytes: reader.integer(VARIABLES.maxUploadBytes),
    maxUploadFiles: reader.integer(VARIABLES.maxUploadFiles),
    executorLostAfterMs: reader.integer(VARIABLES.executorLostAfter) * 1000,
    backendModules: reader.list(VARIABLES.backendModules, () => true, 'a name or a path'),
  };
  const found = findServices(env, reader);
  if (found.length === 0) {
    reader.warn('SERVICE_<NAME>_UPLOAD_URL', 'no service is configured, so every upload will be refused');
  }
  const services = found.map((service) => readService(service, reader, settings)).filter((service) => service !== null);
  const warnings = reader.finish();
  return Object.freeze({
    ...settings,
    services: frozenMap(services.map((service) => [service.name, service])),
    warnings,
  });
}

/** Null when a variable without which there is no service is missing or faulty, which has been reported then. */
function readService(found: FoundService, reader: EnvReader, defaults: CommonSettings): ServiceConfig | null {
  const named = <K extends ServiceVariableKey>(key: K) => ({
    ...SERVICE_VARIABLES[key],
    name: serviceVariableName(found.name, key),
  });
  const backend = reader.string(named('backend'));
  const native = backend === NATIVE ? readEndpoints(found, reader, defaults) : null;
  const limits = {
    runsPerUser: reader.integer(named('runsPerUser')),
    maxRuns: reader.integer(named('maxRuns')),
    maxAttempts: reader.integer(named('maxAttempts')),
    maxRuntimeMs: toMs(reader.integer(named('maxRuntime'))),
    maxCpus: reader.integer(named('maxCpus')),
    maxMemoryMiB: reader.integer(named('maxMemory')),
    maxAgeMs: toMs(reader.integer(named('maxAge'))) ?? defaults.maxAgeMs,
  };
  if (backend !== NATIVE) {
    for (const variable of URL_KEYS.flatMap((key) => found.setBy.get(key) ?? [])) {
      reader.fault(variable, `only for executors, while ${named('backend').name} is ${backend}`);
    }
  } else {
    for (const variable of RESOURCE_KEYS.flatMap((key) => found.setBy.get(key) ?? [])) {
      reader.fault(
        variable,
        'executors give jobs neither CPUs nor memory of their own, so nobody would keep this limit',
      );
    }
    if (native === null) {
      return null;
    }
  }
  return Object.freeze({
    name: found.name.toLowerCase(),
    backend,
    ...limits,
    native,
    backendSettings: frozenMap(found.backendSettings),
  });
}

/** Null when one of them is missing or faulty, which has been reported then. */
function readEndpoints(found: FoundService, reader: EnvReader, defaults: CommonSettings): NativeEndpoints | null {
  const [upload, download, terminate] = URL_KEYS.map((key) => {
    const name = serviceVariableName(found.name, key);
    if (!found.setBy.has(key)) {
      const other = found.setBy.get('upload') ?? [...found.setBy.values()][0];
      reader.fault(name, `missing, while ${other ?? 'another of its variables'} is set`);
    }
    return reader.url({ ...SERVICE_VARIABLES[key], name });
  });
  for (const rest of found.backendSettings.keys()) {
    reader.fault(`${SERVICE_PREFIX}${found.name}_${backendInfix(NATIVE)}${rest}`, 'unknown');
  }
  if (!upload || !download || !terminate) {
    return null;
  }
  for (const [key, endpoint] of Object.entries({ upload, download, terminate })) {
    if (defaults.executorToken !== null && endpoint.authorization !== null) {
      const name = serviceVariableName(found.name, key as ServiceVariableKey);
      reader.fault(name, 'has user:password@, while EXECUTOR_TOKEN is set: one request carries one of them');
    }
  }
  return Object.freeze({ upload, download, terminate });
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}
