/**
 * Wishes: what an upload may ask for beside its files, in text fields of its own. They are stored with the job, and
 * given to the backend when the job is handed over. A wish that can't be kept is refused, never cut down or left out:
 * a job that asked for 64 GiB and got 32 would only fail later.
 */
import { quoted } from '../common/multipart/file-name';
import type { ServiceConfig } from '../config/server-config';
import { MOST_OF_A_JOB } from '../config/variables';
import { UploadFieldError } from './jobs.errors';

/** What a job asks for; `null`: nothing, it gets what its service is set up with. */
export interface JobWishes {
  /** How long its script may run. */
  readonly walltimeMs: number | null;
  readonly cpus: number | null;
  readonly memoryMiB: number | null;
}

/** The most that a service allows; `null`: no limit of its own. */
export type WishLimits = Pick<ServiceConfig, 'name' | 'maxRuntimeMs' | 'maxCpus' | 'maxMemoryMiB'>;

/** Which wishes a backend keeps for jobs of the service; `null`: not known yet, so nothing is refused. */
export interface KeptWishes {
  /** It ends a script when its walltime is over. */
  readonly walltime: boolean | null;
  /** It gives jobs the CPUs and the memory that they ask for. */
  readonly resources: boolean | null;
}

export const NO_WISHES: JobWishes = { walltimeMs: null, cpus: null, memoryMiB: null };

interface WishField {
  readonly field: WishFieldName;
  readonly wish: keyof JobWishes;
  readonly keptBy: keyof KeptWishes;
  readonly unit: string;
  /** How many of the wish's unit are one of the field's. */
  readonly factor: number;
  /** In the field's unit, whatever the service says. */
  readonly most: number;
  readonly limit: (limits: WishLimits) => number | null;
}

export const WISH_FIELD_NAMES = ['walltime', 'cpus', 'memory'] as const;
export type WishFieldName = (typeof WISH_FIELD_NAMES)[number];

const FIELDS: readonly WishField[] = [
  {
    field: 'walltime',
    wish: 'walltimeMs',
    keptBy: 'walltime',
    unit: 'seconds',
    factor: 1000,
    most: MOST_OF_A_JOB.walltimeS,
    limit: ({ maxRuntimeMs }) => maxRuntimeMs,
  },
  {
    field: 'cpus',
    wish: 'cpus',
    keptBy: 'resources',
    unit: 'CPUs',
    factor: 1,
    most: MOST_OF_A_JOB.cpus,
    limit: ({ maxCpus }) => maxCpus,
  },
  {
    field: 'memory',
    wish: 'memoryMiB',
    keptBy: 'resources',
    unit: 'MiB',
    factor: 1,
    most: MOST_OF_A_JOB.memoryMiB,
    limit: ({ maxMemoryMiB }) => maxMemoryMiB,
  },
];

/** Whether the form asks for anything. An empty field asks for nothing: so do browsers send a field left blank. */
export function hasWishes(fields: ReadonlyMap<string, string>): boolean {
  return WISH_FIELD_NAMES.some((name) => (fields.get(name) ?? '') !== '');
}

/**
 * Reads what the form asks for.
 * @throws UploadFieldError naming the field, its value and the limit, for the first wish that can't be kept
 */
export function readWishes(fields: ReadonlyMap<string, string>, limits: WishLimits, kept: KeptWishes): JobWishes {
  const wishes: Record<keyof JobWishes, number | null> = { ...NO_WISHES };
  for (const row of FIELDS) {
    const text = fields.get(row.field) ?? '';
    if (text === '') {
      continue;
    }
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= 1)) {
      const most = mostOf(row, limits);
      const problem = `${quoted(text)} is not a whole number of ${row.unit} from 1 to ${most}`;
      throw new UploadFieldError(row.field, `${row.field}: ${problem}`);
    }
    wishes[row.wish] = value * row.factor;
  }
  const refusal = refusalOf(wishes, limits, kept);
  if (refusal !== null) {
    throw new UploadFieldError(refusal.field, refusal.text);
  }
  return wishes;
}

/** Why the first of the wishes that can't be kept can't; `null`: all can. */
export function refusalOf(
  wishes: JobWishes,
  limits: WishLimits,
  kept: KeptWishes,
): { readonly field: WishFieldName; readonly text: string } | null {
  for (const row of FIELDS) {
    const { field, unit } = row;
    const wish = wishes[row.wish];
    if (wish === null) {
      continue;
    }
    const value = wish / row.factor;
    if (kept[row.keptBy] === false) {
      const text = `${field}: ${value} ${unit} can't be asked for: the backend of service ${limits.name} does not ${POWERS[row.keptBy]}`;
      return { field, text };
    }
    const most = mostOf(row, limits);
    if (value > most) {
      return { field, text: `${field}: ${value} is more than service ${limits.name} allows, ${most} ${unit}` };
    }
  }
  return null;
}

const POWERS: Readonly<Record<keyof KeptWishes, string>> = {
  walltime: 'limit run times',
  resources: 'give jobs CPUs or memory of their own',
};

/** Which fields an upload for the service may carry, as far as is known. */
export function fieldsKept(kept: KeptWishes): WishFieldName[] {
  return FIELDS.filter(({ keptBy }) => kept[keptBy] !== false).map(({ field }) => field);
}

function mostOf({ factor, most, limit }: WishField, limits: WishLimits): number {
  const own = limit(limits);
  return own === null ? most : Math.min(most, own / factor);
}
