import { readCommonSettings, type CommonSettings } from './common-settings';
import { EnvReader, type Environment } from './env-reader';
import { VARIABLES } from './variables';

/** Configuration of client mode: validated, complete, deeply frozen. */
export interface ClientConfig extends CommonSettings {
  readonly mode: 'client';
  /** TCP port; 0 is any free one. */
  readonly port: number;
  /** From SIGTERM to SIGKILL. */
  readonly killGraceMs: number;
  /** Of each of stdout and stderr. */
  readonly jobLogLimitBytes: number;
  /** Names of the executor's own variables that jobs may see. */
  readonly jobEnv: readonly string[];
  /** Jobs that run at once; null: no limit. */
  readonly maxConcurrent: number | null;
  /** `allow`: names of rules that are left out. */
  readonly scriptFilter: { readonly enabled: boolean; readonly allow: readonly string[] };
  /** Lines to log at start. */
  readonly warnings: readonly string[];
}

/** Would change how the bash behaves that starts the job (process/supervisor.sh). */
const OF_THE_SUPERVISOR = /^(__.*|SHELLOPTS|POSIXLY_CORRECT)$/;

/**
 * Reads the configuration of client mode; `SERVICE_*` variables are the server's and are not looked at.
 * @param knownRules names of the script filter's rules, the only ones that `SCRIPT_FILTER_ALLOW` may name
 * @param directory where relative paths start
 * @throws ConfigError with every fault at once
 */
export function readClientConfig(
  env: Environment,
  knownRules: readonly string[],
  directory: string = process.cwd(),
): ClientConfig {
  const reader = new EnvReader(env);
  const settings = {
    mode: 'client' as const,
    port: reader.integer(VARIABLES.clientPort),
    ...readCommonSettings(reader, directory),
    killGraceMs: reader.integer(VARIABLES.killGrace) * 1000,
    jobLogLimitBytes: reader.integer(VARIABLES.jobLogLimit),
    jobEnv: reader.list(
      VARIABLES.jobEnv,
      (name) => /^[a-z_]\w*$/i.test(name) && !OF_THE_SUPERVISOR.test(name),
      'the name of a variable for jobs (letters, digits and _; not SHELLOPTS, POSIXLY_CORRECT, __...)',
    ),
    maxConcurrent: reader.integer(VARIABLES.maxConcurrent),
    scriptFilter: Object.freeze({
      enabled: reader.choice(VARIABLES.scriptFilter) === 'on',
      allow: reader.list(
        VARIABLES.scriptFilterAllow,
        (rule) => knownRules.includes(rule),
        `a rule of the script filter (${knownRules.join(', ')})`,
      ),
    }),
  };
  return Object.freeze({ ...settings, warnings: reader.finish() });
}
