import { ErrorFilter } from '../common/http/error-filter';
import { readClientConfig, type ClientConfig } from '../config/client-config';
import { payloadBodyOf } from '../executor/api/error-body';
import { SCRIPT_RULE_NAMES } from '../workload/script-filter/script-filter';
import { ClientModule } from './client.module';
import { lockDatabase } from './lock-database';
import { type Address, start } from './start';
import { serveSwagger } from './swagger';
import { VERSION } from './version';

const SWAGGER = {
  title: 'job-orchestrator executor',
  description: 'What servers ask of an executor. A payload is a job as the executor knows it.',
  tags: {
    payloads: 'a payload, from its submission to its release',
    keys: "payloads by the server's key, for a server that does not know whether its submission arrived",
    events: 'how servers learn of changes: pushed, or asked for many payloads at once',
    executor: 'the machine',
  },
};
const TOKEN_MEANING = 'the secret of `EXECUTOR_TOKEN`, needed where that is set';

/** Runs client mode, an executor, until it is stopped. @throws ConfigError, and what the start throws */
export async function runClient(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readClientConfig(env, SCRIPT_RULE_NAMES);
  await lockDatabase(config.dbPath, 'client');
  await start({
    module: ClientModule.with(config),
    dbPath: config.dbPath,
    host: config.host,
    port: config.port,
    warnings: [...config.warnings, ...openDoor(config)],
    errorFilter: new ErrorFilter(payloadBodyOf, 'payloadId'),
    extend: (app) => serveSwagger(app, { ...SWAGGER, exampleService: null, tokenMeaning: TOKEN_MEANING }),
    greeting: (at) => greeting(config, at),
  });
}

function greeting(config: ClientConfig, { bound, local }: Address): string[] {
  const filter = config.scriptFilter.enabled ? 'on' : 'off';
  return [
    `job-orchestrator ${VERSION}, client mode (executor), on ${bound}`,
    `database ${config.dbPath}`,
    `data ${config.dataPath}`,
    `jobs at a time: ${config.maxConcurrent ?? 'no limit'}; script filter: ${filter}`,
    `API to try: ${local}/swagger`,
    ...(process.pid === 1 ? ['as PID 1 it needs an init that reaps orphans: start it under tini or with --init'] : []),
  ];
}

/** Whoever reaches an executor can run programs on its machine. */
function openDoor({ host, executorToken }: ClientConfig): string[] {
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  return executorToken !== null || isLocal
    ? []
    : [
        `ANYBODY WHO REACHES ${host} CAN RUN PROGRAMS HERE: set EXECUTOR_TOKEN, here and at the server, or HOST=127.0.0.1`,
      ];
}
