import { statusBodyOf } from '../api/error-body';
import { BackendHost } from '../backends/backend-host';
import type { BackendModule } from '../backends/backend-modules';
import { loadBackendModules } from '../backends/load-backend-modules';
import { ErrorFilter } from '../common/http/error-filter';
import { readServerConfig, type ServerConfig } from '../config/server-config';
import { lockDatabase } from './lock-database';
import { ServerModule } from './server.module';
import { namingBackends } from './naming-backends';
import { type Address, type Mode, start } from './start';
import { serveSwagger } from './swagger';
import { VERSION } from './version';

const SWAGGER = {
  title: 'job-orchestrator',
  description: 'What portals ask of the server.',
  tags: {
    jobs: 'a job, from its upload to its results',
    services: 'what jobs can be uploaded for',
  },
};

/** Runs server mode until it is stopped. @throws ConfigError | AlreadyRunningError, and what the start throws */
export async function runServer(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readServerConfig(env);
  const backends = await loadBackendModules(config.backendModules, process.cwd());
  await namingBackends(backends, () => tryOut(config, backends));
  await lockDatabase(config.dbPath, 'server');
  const mode: Mode = {
    module: ServerModule.with(config, backends),
    dbPath: config.dbPath,
    host: config.host,
    port: config.port,
    warnings: config.warnings,
    errorFilter: new ErrorFilter(statusBodyOf, 'jobId'),
    extend: (app) =>
      serveSwagger(app, { ...SWAGGER, exampleService: [...config.services.keys()][0] ?? null, tokenMeaning: null }),
    greeting: (at) => greeting(config, at),
  };
  await namingBackends(backends, () => start(mode));
}

/** Not where all services are on executors: these have no settings but those that have been read. */
async function tryOut(config: ServerConfig, backends: readonly BackendModule[]): Promise<void> {
  if (backends.length > 0 || [...config.services.values()].some(({ native }) => native === null)) {
    await BackendHost.tryOut(config, backends);
  }
}

function greeting(config: ServerConfig, { bound, local }: Address): string[] {
  const services = [...config.services.values()].map(
    ({ name, maxRuns, runsPerUser }) => `${name} (${maxRuns} at a time, ${runsPerUser} a user)`,
  );
  return [
    `job-orchestrator ${VERSION}, server mode, on ${bound}`,
    `database ${config.dbPath}`,
    `data ${config.dataPath}`,
    `services: ${services.join(', ') || 'none'}`,
    `API to try: ${local}/swagger`,
  ];
}
