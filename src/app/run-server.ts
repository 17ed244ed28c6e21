import { statusBodyOf } from '../api/error-body';
import { ErrorFilter } from '../common/http/error-filter';
import { readServerConfig, type ServerConfig } from '../config/server-config';
import { OrchestratorError } from '../common/errors';
import { KernelLock, LockHeldError } from '../database/kernel-lock';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ServerModule } from './server.module';
import { start } from './start';
import { serveSwagger } from './swagger';
import { VERSION } from './version';

/** Another server uses the same database. Ends the start. */
export class ServerRunningError extends OrchestratorError {
  readonly code = 'server-running';
  readonly retryable = true;

  constructor(dbPath: string, options: ErrorOptions) {
    super(`another server already uses ${dbPath}: one server a database`, options);
  }
}

/** A server that is being replaced needs a moment to go. */
const LOCK_WAIT_MS = 2_000;

/** Runs server mode until it is stopped. @throws ConfigError | ServerRunningError, and what the start throws */
export async function runServer(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readServerConfig(env);
  await lockDatabase(config.dbPath);
  await start({
    module: ServerModule.with(config),
    dbPath: config.dbPath,
    host: config.host,
    port: config.port,
    warnings: config.warnings,
    errorFilter: new ErrorFilter(statusBodyOf),
    extend: (app) => serveSwagger(app, 'job-orchestrator', [...config.services.keys()][0] ?? null),
    greeting: (url) => greeting(config, url),
  });
}

/** Held until the process ends: the kernel drops it, however that happens. */
async function lockDatabase(dbPath: string): Promise<void> {
  await mkdir(dirname(dbPath), { recursive: true });
  try {
    await KernelLock.take(`${dbPath}.lock`, LOCK_WAIT_MS);
  } catch (error) {
    throw error instanceof LockHeldError ? new ServerRunningError(dbPath, { cause: error }) : error;
  }
}

function greeting(config: ServerConfig, url: string): string[] {
  const services = [...config.services.values()].map(
    ({ name, maxRuns, runsPerUser }) => `${name} (${maxRuns} at a time, ${runsPerUser} a user)`,
  );
  return [
    `job-orchestrator ${VERSION}, server mode, on ${url}`,
    `database ${config.dbPath}`,
    `data ${config.dataPath}`,
    `services: ${services.join(', ') || 'none'}`,
    `API to try: ${url}/swagger`,
  ];
}
