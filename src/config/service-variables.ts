/**
 * Which services the environment describes. A service's name may hold underscores, so the known endings are looked for,
 * not the first underscore. A variable that nearly has a known ending is a fault, as its service would run with a limit
 * or a URL that nobody set; any other `SERVICE_*` is only warned of, because container platforms set such variables.
 */
import { editDistance } from './edit-distance';
import { valueOf, type EnvReader, type Environment } from './env-reader';
import { endingOf, SERVICE_PREFIX, SERVICE_VARIABLES, serviceVariableName, type ServiceVariableKey } from './variables';

/** Edits between an ending and what still counts as a slip of it. */
const SLIP_EDITS = 2;

export interface FoundService {
  /** As in the variables: upper case. */
  readonly name: string;
  /** What is set of it, by the variable that sets it: itself, or the slip that meant it and has been reported. */
  readonly setBy: ReadonlyMap<ServiceVariableKey, string>;
  /** What `SERVICE_<NAME>_<BACKEND>_*` say, by the rest of the name; for the backend to read. */
  readonly backendSettings: ReadonlyMap<string, string>;
}

/** `MY_BACKEND_` for the backend my-backend: what its variables of a service begin with, after the service's name. */
export function backendInfix(backend: string): string {
  return `${backend.toUpperCase().replaceAll('-', '_')}_`;
}

/** Finds the services, ordered by name; slips and strangers among the variables are reported to `reader`. */
export function findServices(env: Environment, reader: EnvReader): readonly FoundService[] {
  const found = new Map<string, Map<ServiceVariableKey, string>>();
  const settings = new Map<string, Map<string, string>>();
  const prefixes = backendPrefixes(env);
  for (const variable of Object.keys(env).sort()) {
    const upper = variable.toUpperCase();
    if (!upper.startsWith(SERVICE_PREFIX) || valueOf(env, variable) === null) {
      continue;
    }
    const owner = prefixes.find(({ prefix }) => variable.startsWith(prefix));
    if (owner) {
      const ofService = settings.get(owner.service) ?? new Map<string, string>();
      settings.set(owner.service, ofService.set(variable.slice(owner.prefix.length), env[variable] ?? ''));
      continue;
    }
    const meant = closestEnding(upper.slice(SERVICE_PREFIX.length));
    if (meant === null) {
      if (variable.startsWith(SERVICE_PREFIX)) {
        reader.warn(variable, 'not a variable of this program; ignored');
      }
      continue;
    }
    if (!/^[A-Z0-9_]+$/.test(meant.name)) {
      reader.fault(variable, `${SERVICE_PREFIX}<NAME>_${endingOf(meant.key)} needs a name of A-Z, 0-9 and _`);
      continue;
    }
    const correct = serviceVariableName(meant.name, meant.key);
    if (variable !== correct) {
      reader.fault(variable, `unknown; was ${correct} meant?`);
    }
    const setBy = found.get(meant.name) ?? new Map<ServiceVariableKey, string>();
    found.set(meant.name, setBy);
    if (variable === correct || !setBy.has(meant.key)) {
      setBy.set(meant.key, variable);
    }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, setBy]) => ({ name, setBy, backendSettings: settings.get(name) ?? new Map<string, string>() }));
}

/**
 * What the variables begin with that a service leaves to its backend. They are looked for first: their endings are the
 * backend's own, and may look like ours.
 */
function backendPrefixes(env: Environment): readonly { service: string; prefix: string }[] {
  const ending = `_${endingOf('backend')}`;
  return Object.keys(env)
    .filter((name) => name.startsWith(SERVICE_PREFIX) && name.endsWith(ending) && valueOf(env, name) !== null)
    .map((name) => {
      const service = name.slice(SERVICE_PREFIX.length, -ending.length);
      return { service, prefix: `${SERVICE_PREFIX}${service}_${backendInfix(valueOf(env, name) ?? '')}` };
    })
    .sort((a, b) => b.prefix.length - a.prefix.length);
}

interface Meant {
  readonly name: string;
  readonly key: ServiceVariableKey;
  readonly edits: number;
}

/** Splits `MY_TOOL_UPLOAD_URL` at the known ending, or at the one it is a slip of. */
function closestEnding(rest: string): Meant | null {
  const starts = [0, ...[...rest.matchAll(/_/g)].map((match) => match.index + 1)];
  let best: Meant | null = null;
  for (const start of starts) {
    for (const key of Object.keys(SERVICE_VARIABLES) as ServiceVariableKey[]) {
      const edits = editDistance(rest.slice(start), endingOf(key), SLIP_EDITS);
      if (edits <= SLIP_EDITS && (best === null || edits < best.edits)) {
        best = { name: rest.slice(0, Math.max(start - 1, 0)), key, edits };
      }
    }
  }
  return best;
}
