import { Command, Option } from 'nest-commander';
import { messageOf } from '../common/errors';
import { ConfigError } from '../config/config-error';
import type { ServerConfig } from '../config/server-config';
import { loadEnvFile } from '../config/load-env-file';
import { BaseCommand } from './base.command';
import { checkData, checkDatabase } from './check/check-storage';
import { fault, type Finding, ok, warning } from './check/finding';
import { EXIT } from './exit-codes';
import { Output } from './output';
import { columns } from './table';

interface CheckOptions {
  readonly client?: boolean;
  readonly json?: boolean;
}

@Command({
  name: 'check',
  description: 'read the configuration as the server would, and try everything that it names',
})
export class CheckCommand extends BaseCommand {
  protected override readonly remarks = [
    'Reads the environment and .env in this directory. Changes nothing, and may be run beside a running program.',
    'Exit code 78: the configuration has faults. 3: the database, the data directory or an executor can not be used.',
  ];
  protected override readonly examples = ['check', 'check --client', 'check --json'];

  @Option({ flags: '--client', description: 'as the client (an executor) would' })
  parseClient(): boolean {
    return true;
  }

  @Option({ flags: '--json', description: 'print one JSON value, for scripts' })
  parseJson(): boolean {
    return true;
  }

  async run(_args: string[], options: CheckOptions): Promise<void> {
    const output = new Output(options.json ?? false);
    const mode = options.client ? 'client' : 'server';
    try {
      loadEnvFile();
      report(
        output,
        mode,
        await (options.client ? checkClient(process.env) : checkServer(process.env)),
        EXIT.unreachable,
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) {
        process.exitCode = output.fail(error);
        return;
      }
      report(
        output,
        mode,
        error.faults.map((text) => fault('configuration', text)),
        EXIT.config,
      );
    }
  }
}

/** One line each; the exit code is for faults. */
function report(output: Output, mode: string, findings: readonly Finding[], exitCode: number): void {
  const hasFaults = findings.some(({ state }) => state === 'fault');
  const rows = findings.map(({ state, what, text }) => [state === 'fault' ? 'FAULT' : state, what, text]);
  output.result(columns(rows), { mode, ok: !hasFaults, findings });
  process.exitCode = hasFaults ? exitCode : EXIT.ok;
}

/** @throws ConfigError */
async function checkServer(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { readServerConfig } = await import('../config/server-config.js');
  const config = readServerConfig(env);
  const count = config.services.size;
  return [
    ok('configuration', `server mode, ${count} ${count === 1 ? 'service' : 'services'}`),
    ...config.warnings.map((text) => warning('configuration', text)),
    await checkDatabase(config.dbPath),
    await checkData(config.dataPath),
    ...(await checkServicesOf(config)),
  ];
}

/** @throws ConfigError */
async function checkClient(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { readClientConfig } = await import('../config/client-config.js');
  const { SCRIPT_RULE_NAMES } = await import('../workload/script-filter/script-filter.js');
  const { checkTools } = await import('./check/check-tools.js');
  const config = readClientConfig(env, SCRIPT_RULE_NAMES);
  return [
    ok('configuration', 'client mode (executor)'),
    ...config.warnings.map((text) => warning('configuration', text)),
    await checkDatabase(config.dbPath),
    await checkData(config.dataPath),
    checkTools(env.PATH ?? ''),
  ];
}

/** @throws ConfigError for the settings of backends */
async function checkServicesOf(config: ServerConfig): Promise<Finding[]> {
  const { checkServices } = await import('./check/check-services.js');
  try {
    return await checkServices(config);
  } catch (error) {
    if (error instanceof ConfigError) {
      throw error;
    }
    return [fault('services', messageOf(error))];
  }
}
