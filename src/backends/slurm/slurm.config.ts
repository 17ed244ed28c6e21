import { backendPattern, BackendSettingsReader } from '../../config/backend-settings-reader';
import type { EndpointUrl } from '../../config/endpoint-url';
import type { ServiceConfig } from '../../config/server-config';
import { choice, integer, list, path, text, url } from '../../config/variable-kinds';
import { SCRIPT_RULE_NAMES, type ScriptFilterOptions } from '../../workload/script-filter/script-filter';
import { parseOptions } from './sbatch-options';
import type { SbatchOption } from './submit-request';

/** The name of the backend, for SERVICE_<NAME>_BACKEND. */
export const SLURM = 'slurm';

const P = backendPattern(SLURM);
const YEAR_MINUTES = 365 * 24 * 60;
const SECONDS = { unit: 'seconds', min: 1, max: YEAR_MINUTES * 60 };
const CPUS = { unit: 'CPUs', min: 1, max: 1_000_000 };
const MIB = { unit: 'MiB', min: 1, max: 1_000_000_000 };
const NAME = { pattern: /^[\w.@:-]{1,64}$/, form: 'a name of letters, digits and _ . @ : -' };
const NAMES = { pattern: /^[\w.@:,-]{1,255}$/, form: 'a name, or several separated by commas' };
const RESOURCES = { pattern: /^[\w.:,=/-]{1,255}$/, form: 'a list of resources such as gpu:2' };
const FEATURES = { pattern: /^[\w.&|*()[\]!:,-]{1,255}$/, form: 'features as sbatch --constraint takes them' };
const LINE = { pattern: /^[^\0\r\n]{1,2000}$/, form: 'one line of text' };

function name(ending: string, meaning: string) {
  return text(`${P}${ending}`, 'server', null, NAME, meaning);
}

/** Every variable of a service on SLURM: the source of names, defaults and limits, for the reader and the documentation. */
export const SLURM_VARIABLES = {
  transport: choice(
    `${P}TRANSPORT`,
    'server',
    ['cli', 'rest'],
    'cli',
    "How SLURM is reached: `cli` by its commands, which have to be on the server's `PATH`; `rest` by slurmrestd.",
  ),
  workDir: path(
    `${P}WORKDIR`,
    'server',
    'Parent of the job directories, on a file system that the nodes share with this server under the same path. Required.',
  ),
  restUrl: url(
    `${P}REST_URL`,
    'Where slurmrestd is, such as `http://host:6820`. Required for `rest`; a fault with `cli`, as the next two.',
  ),
  restUser: name('REST_USER', 'Whose jobs they are: the user that the token is of. Required for `rest`.'),
  tokenFile: path(
    `${P}TOKEN_FILE`,
    'server',
    'File that holds the JWT for slurmrestd, alone or as `SLURM_JWT=...`; it is read again when it changes. Required for `rest`.',
  ),
  partition: text(
    `${P}PARTITION`,
    'server',
    null,
    NAMES,
    "Partition that jobs are submitted to; the cluster's default if unset.",
  ),
  account: name('ACCOUNT', "Account that jobs are charged to; the user's default if unset."),
  qos: name('QOS', "Quality of service; the account's default if unset."),
  reservation: text(`${P}RESERVATION`, 'server', null, NAMES, 'Reservation that jobs run in; none if unset.'),
  walltime: integer(
    `${P}WALLTIME`,
    'server',
    null,
    SECONDS,
    "Run time of a job whose upload names no `walltime`; `SERVICE_<NAME>_MAX_RUNTIME` if unset, and else the partition's.",
  ),
  cpus: integer(
    `${P}CPUS`,
    'server',
    null,
    CPUS,
    "CPUs of a job whose upload names no `cpus`; the cluster's default if unset.",
  ),
  memory: integer(
    `${P}MEMORY`,
    'server',
    null,
    MIB,
    "Memory, on each node, of a job whose upload names no `memory`; the cluster's default if unset.",
  ),
  gres: text(`${P}GRES`, 'server', null, RESOURCES, 'Generic resources of each job, such as `gpu:1`; none if unset.'),
  constraint: text(`${P}CONSTRAINT`, 'server', null, FEATURES, 'Features that nodes must have; none if unset.'),
  options: text(
    `${P}OPTIONS`,
    'server',
    null,
    LINE,
    'Further options of `sbatch`, separated by spaces, as far as they are allowed: `--nice=100 --exclusive`. None if unset.',
  ),
  prolog: text(
    `${P}PROLOG`,
    'server',
    null,
    LINE,
    'One line of bash that runs on the node before `run.sh`, which sees what it exports: `module load haddock3`. Where it fails, the job does. None if unset.',
  ),
  submitRate: integer(
    `${P}SUBMIT_RATE`,
    'server',
    '10',
    { unit: 'jobs a second', min: 1, max: 1_000 },
    'Most jobs of this service that are submitted in a second.',
  ),
  jobEnv: list(
    `${P}JOB_ENV`,
    'server',
    'comma or space',
    "Names of variables of the node's login environment that jobs may see; none if unset.",
  ),
  scriptFilter: choice(
    `${P}SCRIPT_FILTER`,
    'server',
    ['on', 'off'],
    'on',
    'Whether `run.sh` is searched for commands that a job should not need. A sanity check and no sandbox.',
  ),
  scriptFilterAllow: list(
    `${P}SCRIPT_FILTER_ALLOW`,
    'server',
    'comma',
    'Rules of the script filter that are left out; a refusal names its rule. None if unset.',
  ),
} as const;

/** How slurmrestd is reached. */
export interface RestSettings {
  readonly url: EndpointUrl;
  readonly user: string;
  readonly tokenFile: string;
}

/** A service on SLURM: validated. `null` leaves it to the cluster, or means no limit. */
export interface SlurmService {
  readonly name: string;
  /** `null`: by SLURM's commands. */
  readonly rest: RestSettings | null;
  readonly workDir: string;
  /** How long the files of ended jobs are kept. */
  readonly maxAgeMs: number;
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  readonly reservation: string | null;
  readonly walltimeMs: number | null;
  readonly cpus: number | null;
  readonly memoryMiB: number | null;
  readonly gres: string | null;
  readonly constraint: string | null;
  readonly options: readonly SbatchOption[];
  readonly prolog: string | null;
  /** Jobs a second. */
  readonly submitRate: number;
  readonly jobEnv: readonly string[];
  readonly scriptFilter: ScriptFilterOptions;
}

type Reader = BackendSettingsReader<typeof SLURM_VARIABLES>;

/**
 * Reads the settings of all services on SLURM.
 * @throws ConfigError with every fault at once
 */
export function readSlurmServices(services: readonly ServiceConfig[]): SlurmService[] {
  const reader: Reader = new BackendSettingsReader(SLURM, services, SLURM_VARIABLES);
  const read = services.map((service) => readService(reader, service));
  reader.finish();
  return read.filter((service) => service !== null);
}

/** Null when a required variable is missing, which has been reported then. */
function readService(reader: Reader, service: ServiceConfig): SlurmService | null {
  const variables = reader.variablesOf(service);
  const transport = reader.choice(variables.transport);
  const workDir = reader.path(variables.workDir, '/');
  if (workDir === null) {
    reader.fault(variables.workDir.name, 'missing: jobs need a directory that the nodes can see');
  } else if (/[%\\\0\n]/.test(workDir)) {
    reader.fault(variables.workDir.name, 'has a character in it that SLURM would not take as it is: % or \\');
  }
  const rest = readRest(reader, variables, transport);
  const { options, faults } = parseOptions(reader.string(variables.options) ?? '', transport);
  faults.forEach((fault) => reader.fault(variables.options.name, fault));
  const limits = {
    walltimeMs: toMs(reader.integer(variables.walltime)),
    cpus: reader.integer(variables.cpus),
    memoryMiB: reader.integer(variables.memory),
  };
  const { walltime, cpus, memory } = variables;
  refuseBeyond(reader, walltime.name, limits.walltimeMs, 'MAX_RUNTIME', service.maxRuntimeMs);
  refuseBeyond(reader, cpus.name, limits.cpus, 'MAX_CPUS', service.maxCpus);
  refuseBeyond(reader, memory.name, limits.memoryMiB, 'MAX_MEMORY', service.maxMemoryMiB);
  const settings = {
    name: service.name,
    maxAgeMs: service.maxAgeMs,
    partition: reader.string(variables.partition),
    account: reader.string(variables.account),
    qos: reader.string(variables.qos),
    reservation: reader.string(variables.reservation),
    ...limits,
    gres: reader.string(variables.gres),
    constraint: reader.string(variables.constraint),
    options,
    prolog: reader.string(variables.prolog),
    submitRate: reader.integer(variables.submitRate),
    jobEnv: reader.list(variables.jobEnv, (item) => /^[A-Za-z_]\w*$/.test(item), 'a name of a variable'),
    scriptFilter: {
      enabled: reader.choice(variables.scriptFilter) === 'on',
      allow: reader.list(
        variables.scriptFilterAllow,
        (item) => SCRIPT_RULE_NAMES.includes(item),
        `one of ${SCRIPT_RULE_NAMES.join(', ')}`,
      ),
      allowVariable: variables.scriptFilterAllow.name,
    },
  };
  return workDir === null || (transport === 'rest' && rest === null) ? null : { ...settings, workDir, rest };
}

/** Null for cli, and when something is missing, which has been reported then. */
function readRest(reader: Reader, variables: typeof SLURM_VARIABLES, transport: 'cli' | 'rest'): RestSettings | null {
  const endpoint = reader.url(variables.restUrl);
  const user = reader.string(variables.restUser);
  const tokenFile = reader.path(variables.tokenFile, '/');
  const rows = [variables.restUrl, variables.restUser, variables.tokenFile].map((row) => row.name);
  const values = [endpoint, user, tokenFile];
  rows.forEach((row, index) => {
    const isSet = values[index] !== null;
    if (isSet && transport === 'cli') {
      reader.fault(row, `only for rest, while ${variables.transport.name} is cli`);
    } else if (!isSet && transport === 'rest' && !reader.faults.some((fault) => fault.startsWith(`${row}:`))) {
      reader.fault(row, `missing, while ${variables.transport.name} is rest`);
    }
  });
  return transport === 'rest' && endpoint && user !== null && tokenFile !== null
    ? { url: endpoint, user, tokenFile }
    : null;
}

function refuseBeyond(reader: Reader, name: string, value: number | null, limit: string, most: number | null): void {
  if (value !== null && most !== null && value > most) {
    reader.fault(name, `more than ${limit} of the service allows a job to ask for`);
  }
}

function toMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000;
}
