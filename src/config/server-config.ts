import { readCommonSettings, type CommonSettings } from './common-settings';
import type { EndpointUrl } from './endpoint-url';
import { EnvReader, type Environment } from './env-reader';
import { frozenMap } from './frozen-map';
import { findServices, type FoundService } from './service-variables';
import { SERVICE_VARIABLES, type ServiceVariableKey, serviceVariableName, VARIABLES } from './variables';

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
  readonly backend: 'native';
  /** Active jobs of one user. */
  readonly runsPerUser: number;
  /** Active jobs of all users. */
  readonly maxRuns: number;
  /** How often a job is started at most; a script that fails is never repeated. */
  readonly maxAttempts: number;
  /** A script that runs longer is ended. May exceed what a timer takes (2^31 ms). */
  readonly maxRuntimeMs: number | null;
  /** Retention after a job's end. */
  readonly maxAgeMs: number;
  readonly native: NativeEndpoints;
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

/** Null when a URL is missing or faulty, which has been reported then. */
function readService(found: FoundService, reader: EnvReader, defaults: CommonSettings): ServiceConfig | null {
  const [upload, download, terminate] = (['upload', 'download', 'terminate'] as const).map((key) => {
    const name = serviceVariableName(found.name, key);
    if (!found.setBy.has(key)) {
      const other = found.setBy.get('upload') ?? [...found.setBy.values()][0];
      reader.fault(name, `missing, while ${other ?? 'another of its variables'} is set`);
    }
    return reader.url({ ...SERVICE_VARIABLES[key], name });
  });
  const named = <K extends ServiceVariableKey>(key: K) => ({
    ...SERVICE_VARIABLES[key],
    name: serviceVariableName(found.name, key),
  });
  const limits = {
    runsPerUser: reader.integer(named('runsPerUser')),
    maxRuns: reader.integer(named('maxRuns')),
    maxAttempts: reader.integer(named('maxAttempts')),
    maxRuntimeMs: toMs(reader.integer(named('maxRuntime'))),
    maxAgeMs: toMs(reader.integer(named('maxAge'))) ?? defaults.maxAgeMs,
  };
  if (!upload || !download || !terminate) {
    return null;
  }
  for (const [key, endpoint] of Object.entries({ upload, download, terminate })) {
    if (defaults.executorToken !== null && endpoint.authorization !== null) {
      const name = serviceVariableName(found.name, key as ServiceVariableKey);
      reader.fault(name, 'has user:password@, while EXECUTOR_TOKEN is set: one request carries one of them');
    }
  }
  return Object.freeze({
    name: found.name.toLowerCase(),
    backend: 'native',
    ...limits,
    native: Object.freeze({ upload, download, terminate }),
  });
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}
