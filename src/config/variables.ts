/**
 * Every environment variable of the program: the one source of names, defaults and limits. The readers take them from
 * here, and so does the documentation.
 *
 * Defaults are text, parsed as if they had been set. No default means: unset has a meaning of its own (`meaning` says
 * which) or, for the URLs of a service, that the variable is required.
 */
import { choice, integer, list, plain, secret, text, url, type Variable } from './variable-kinds';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const TEN_YEARS_S = 10 * 365 * 86_400;
/** What a job may ask for where its service sets no maximum of its own: nobody has more. */
export const MOST_OF_A_JOB = { walltimeS: TEN_YEARS_S, cpus: 1_000_000, memoryMiB: 1_000_000_000 };
const MAX_QUOTA = 1_000_000;
const BYTES = { unit: 'bytes', min: 1, max: Number.MAX_SAFE_INTEGER };
const PORTS = { unit: null, min: 0, max: 65_535 };
const PORT_MEANING = 'TCP port to listen on; 0 takes any free one.';

export const SERVICE_PREFIX = 'SERVICE_';
/** `<NAME>` stands for the service's name in the names of this table. */
export const SERVICE_PATTERN = `${SERVICE_PREFIX}<NAME>_`;

/** What a service is made of. `<NAME>` is upper case; the service is called by its lower-case form. */
export const SERVICE_VARIABLES = {
  backend: text(
    `${SERVICE_PATTERN}BACKEND`,
    'server',
    'native',
    { pattern: /^[a-z][a-z0-9-]{0,31}$/, form: 'a name of a-z, 0-9 and -' },
    'What runs its jobs: `native`, executors that are reached by the three URLs; `slurm`, a cluster; or one that a package brings.',
  ),
  upload: url(
    `${SERVICE_PATTERN}UPLOAD_URL`,
    'Where the executor takes submissions, such as `http://client:9000/submit`. Required with `native`.',
  ),
  download: url(
    `${SERVICE_PATTERN}DOWNLOAD_URL`,
    'Where results are fetched, such as `http://client:9000/retrieve`: `/{id}` is appended. Required with `native`.',
  ),
  terminate: url(
    `${SERVICE_PATTERN}TERMINATE_URL`,
    'Where jobs are terminated, such as `http://client:9000/kill`: `/{id}` is appended. Required with `native`.',
  ),
  runsPerUser: integer(
    `${SERVICE_PATTERN}RUNS_PER_USER`,
    'server',
    '5',
    { unit: 'jobs', min: 1, max: MAX_QUOTA },
    'Active jobs of one user on this service; further ones wait.',
  ),
  maxRuns: integer(
    `${SERVICE_PATTERN}MAX_RUNS`,
    'server',
    '10',
    { unit: 'jobs', min: 1, max: MAX_QUOTA },
    'Active jobs of all users on this service; further ones wait.',
  ),
  maxAttempts: integer(
    `${SERVICE_PATTERN}MAX_ATTEMPTS`,
    'server',
    '1',
    { unit: 'attempts', min: 1, max: 100 },
    'How often a job is started at most when its executor dies or loses it. A script that fails is never repeated.',
  ),
  maxRuntime: integer(
    `${SERVICE_PATTERN}MAX_RUNTIME`,
    'server',
    null,
    { unit: 'seconds', min: 1, max: MOST_OF_A_JOB.walltimeS },
    'A script that runs longer is ended, and its job fails; the most that an upload may ask for as `walltime`. No limit if unset.',
  ),
  maxCpus: integer(
    `${SERVICE_PATTERN}MAX_CPUS`,
    'server',
    null,
    { unit: 'CPUs', min: 1, max: MOST_OF_A_JOB.cpus },
    'The most that an upload may ask for as `cpus`; only where the backend gives jobs CPUs (`slurm`). No limit if unset.',
  ),
  maxMemory: integer(
    `${SERVICE_PATTERN}MAX_MEMORY`,
    'server',
    null,
    { unit: 'MiB', min: 1, max: MOST_OF_A_JOB.memoryMiB },
    'The most that an upload may ask for as `memory`; only where the backend gives jobs memory (`slurm`). No limit if unset.',
  ),
  maxAge: integer(
    `${SERVICE_PATTERN}MAX_AGE`,
    'server',
    null,
    { unit: 'seconds', min: 1, max: TEN_YEARS_S },
    "Retention of this service's jobs. As `MAX_AGE` if unset.",
  ),
} as const;

export type ServiceVariableKey = keyof typeof SERVICE_VARIABLES;

/** Everything else. `PORT` has a row for each mode, as its defaults differ. */
export const VARIABLES = {
  serverPort: integer('PORT', 'server', '5000', PORTS, PORT_MEANING),
  clientPort: integer('PORT', 'client', '9000', PORTS, PORT_MEANING),
  host: plain('host', 'HOST', '0.0.0.0', 'Address to listen on.'),
  dbPath: plain('path', 'DB_PATH', './db.sqlite', 'The SQLite file; a server and an executor may share it.'),
  dataPath: plain(
    'path',
    'DATA_PATH',
    './data',
    'Parent of the job directories; a server and an executor may share it.',
  ),
  maxAge: integer(
    'MAX_AGE',
    'both',
    '864000',
    { unit: 'seconds', min: 1, max: TEN_YEARS_S },
    "Retention: files are kept this long after a job's end.",
  ),
  executorToken: secret(
    'EXECUTOR_TOKEN',
    'Secret that server and executors share: an executor that has one serves nobody without it. Without one, whoever reaches an executor can run programs there.',
  ),
  logLevel: choice('LOG_LEVEL', 'both', LOG_LEVELS, 'info', 'The least severe lines that are logged.'),
  maxUploadBytes: integer('MAX_UPLOAD_BYTES', 'server', '419430400', BYTES, 'Largest upload, all its parts together.'),
  maxUploadFiles: integer(
    'MAX_UPLOAD_FILES',
    'server',
    '20000',
    { unit: 'files', min: 1, max: 1_000_000 },
    'Most files in one upload.',
  ),
  executorLostAfter: integer(
    'EXECUTOR_LOST_AFTER',
    'server',
    '86400',
    { unit: 'seconds', min: 1, max: TEN_YEARS_S },
    'Without contact to an executor for so long, the jobs handed over to it are given up.',
  ),
  backendModules: list(
    'BACKEND_MODULES',
    'server',
    'comma',
    'Packages that bring further backends, by their names or paths. None if unset.',
  ),
  killGrace: integer(
    'KILL_GRACE',
    'client',
    '10',
    { unit: 'seconds', min: 0, max: 25, because: 'the server gives up waiting for a termination after 35 s' },
    'Time between SIGTERM and SIGKILL when a job is ended.',
  ),
  jobLogLimit: integer(
    'JOB_LOG_LIMIT',
    'client',
    '67108864',
    BYTES,
    'How much is kept of each of stdout and stderr of a job; what is beyond is cut with a note.',
  ),
  jobEnv: list(
    'JOB_ENV',
    'client',
    'comma or space',
    "Names of the executor's variables that jobs may see, but for `SHELLOPTS`, `POSIXLY_CORRECT` and names that begin with `__`. None if unset.",
  ),
  maxConcurrent: integer(
    'MAX_CONCURRENT',
    'client',
    null,
    { unit: 'jobs', min: 1, max: 100_000 },
    'Jobs that run at once on this executor; further ones wait. No limit if unset.',
  ),
  scriptFilter: choice(
    'SCRIPT_FILTER',
    'client',
    ['on', 'off'],
    'on',
    'Whether `run.sh` is searched for commands that a job should not need. A sanity check and no sandbox.',
  ),
  scriptFilterAllow: list(
    'SCRIPT_FILTER_ALLOW',
    'client',
    'comma',
    'Rules of the script filter that are left out; a refusal names its rule. None if unset.',
  ),
} as const;

/** The whole table in the order of the documentation. */
export const ALL_VARIABLES: readonly Variable[] = [...Object.values(VARIABLES), ...Object.values(SERVICE_VARIABLES)];

/** `UPLOAD_URL` of `SERVICE_<NAME>_UPLOAD_URL`. */
export function endingOf(key: ServiceVariableKey): string {
  return SERVICE_VARIABLES[key].name.slice(SERVICE_PATTERN.length);
}

/** The variable of one service: `SERVICE_MY_TOOL_UPLOAD_URL`. */
export function serviceVariableName(serviceName: string, key: ServiceVariableKey): string {
  return `${SERVICE_PREFIX}${serviceName}_${endingOf(key)}`;
}
