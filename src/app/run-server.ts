import { statusBodyOf } from '../api/error-body';
import { loadBackendModules } from '../backends/load-backend-modules';
import { ErrorFilter } from '../common/http/error-filter';
import { readServerConfig, type ServerConfig } from '../config/server-config';
import { lockDatabase } from './lock-database';
import { ServerModule } from './server.module';
import type { Address } from './start';
import { startWithBackends } from './start-with-backends';
import { serveSwagger } from './swagger';
import { VERSION } from './version';

/** Runs server mode until it is stopped. @throws ConfigError | AlreadyRunningError, and what the start throws */
export async function runServer(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readServerConfig(env);
  const backends = await loadBackendModules(config.backendModules, process.cwd());
  await lockDatabase(config.dbPath, 'server');
  await startWithBackends(backends, {
    module: ServerModule.with(config, backends),
    dbPath: config.dbPath,
    host: config.host,
    port: config.port,
    warnings: config.warnings,
    errorFilter: new ErrorFilter(statusBodyOf, 'jobId'),
    extend: (app) => serveSwagger(app, 'job-orchestrator', [...config.services.keys()][0] ?? null),
    greeting: (at) => greeting(config, at),
  });
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
