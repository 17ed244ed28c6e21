/**
 * The options of sbatch that SERVICE_<NAME>_SLURM_OPTIONS may hold. Left out are those that would change what the
 * backend relies on (name, output, export, array, wait, dependency, uid, wrap ...), and those with a variable of their
 * own.
 */
import type { SbatchOption } from './submit-request';

/** How an option stands in a REST submission; `null`: it has no place there. */
type RestPlace = { readonly key: string; readonly as: 'text' | 'number' | 'flag' } | null;

const ALLOWED: Readonly<Record<string, { readonly hasValue: boolean; readonly rest: RestPlace }>> = {
  'cluster-constraint': { hasValue: true, rest: null },
  contiguous: { hasValue: false, rest: null },
  'core-spec': { hasValue: true, rest: null },
  'cpus-per-gpu': { hasValue: true, rest: null },
  exclude: { hasValue: true, rest: null },
  exclusive: { hasValue: false, rest: null },
  gpus: { hasValue: true, rest: null },
  'gpus-per-node': { hasValue: true, rest: null },
  hint: { hasValue: true, rest: null },
  licenses: { hasValue: true, rest: { key: 'licenses', as: 'text' } },
  'mail-type': { hasValue: true, rest: null },
  'mail-user': { hasValue: true, rest: null },
  'mem-per-cpu': { hasValue: true, rest: null },
  'mem-per-gpu': { hasValue: true, rest: null },
  mincpus: { hasValue: true, rest: null },
  nice: { hasValue: true, rest: { key: 'nice', as: 'number' } },
  nodelist: { hasValue: true, rest: null },
  nodes: { hasValue: true, rest: null },
  ntasks: { hasValue: true, rest: { key: 'tasks', as: 'number' } },
  'ntasks-per-node': { hasValue: true, rest: { key: 'tasks_per_node', as: 'number' } },
  oversubscribe: { hasValue: false, rest: null },
  priority: { hasValue: true, rest: null },
  requeue: { hasValue: false, rest: { key: 'requeue', as: 'flag' } },
  'threads-per-core': { hasValue: true, rest: null },
  tmp: { hasValue: true, rest: null },
  wckey: { hasValue: true, rest: { key: 'wckey', as: 'text' } },
};

const VALUE = /^[\w.,:;@%+*&|=/()[\]-]+$/;

/** The names that may be given with a transport. */
export function allowedOptions(transport: 'cli' | 'rest'): string[] {
  return Object.entries(ALLOWED).flatMap(([name, { rest }]) => (transport === 'cli' || rest !== null ? [name] : []));
}

/** Options as written in the variable, or what is wrong with one of them. */
export function parseOptions(
  text: string,
  transport: 'cli' | 'rest',
): { readonly options: readonly SbatchOption[]; readonly faults: readonly string[] } {
  const options: SbatchOption[] = [];
  const faults: string[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const fault = faultOf(word, transport);
    if (fault === null) {
      const [, name, value] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? [];
      options.push({ name: name ?? '', value: value ?? null });
    } else {
      faults.push(`${JSON.stringify(word)} ${fault}`);
    }
  }
  return { options, faults };
}

function faultOf(word: string, transport: 'cli' | 'rest'): string | null {
  const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
  if (name === undefined) {
    return 'is not of the form --name or --name=value';
  }
  const allowed = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined;
  if (!allowed || (transport === 'rest' && allowed.rest === null)) {
    const what = allowed ? 'has no place in a REST submission' : 'is not allowed';
    return `${what}; there are ${allowedOptions(transport)
      .map((each) => `--${each}`)
      .join(', ')}`;
  }
  if (allowed.hasValue !== (value !== undefined)) {
    return allowed.hasValue ? 'needs a value: --name=value' : 'takes no value';
  }
  const isNumber = allowed.rest?.as === 'number';
  if (value !== undefined && !(isNumber ? /^-?\d{1,9}$/ : VALUE).test(value)) {
    return isNumber ? 'needs a number' : 'has a value with characters that sbatch has no use for';
  }
  return null;
}

/** The options' part of a REST submission. */
export function restProperties(options: readonly SbatchOption[]): Record<string, string | number | boolean> {
  const entries = options.flatMap(({ name, value }): [string, string | number | boolean][] => {
    const place = ALLOWED[name]?.rest;
    switch (place?.as) {
      case 'text':
        return [[place.key, value ?? '']];
      case 'number':
        return [[place.key, Number(value)]];
      case 'flag':
        return [[place.key, true]];
      case undefined:
        return [];
    }
  });
  return Object.fromEntries(entries);
}
