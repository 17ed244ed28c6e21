/** Versions of slurmrestd's interface whose shapes we know, the newest first. Tried on a real one: 36 to 38. */
export const KNOWN_VERSIONS: readonly number[] = [43, 42, 41, 40, 39, 38, 37, 36];

/** What a server offers. */
export interface Offered {
  /** The newest version that we know: the 38 of v0.0.38. */
  readonly version: number;
  /**
   * The newest for accounting; `null`: there is none. A slurmrestd whose slurm.conf names no slurmdbd offers none: it does
   * not start with that plugin, or in later releases leaves its paths out.
   */
  readonly accounting: number | null;
}

/** Of the answer to `GET /openapi/v3`. `null`: it has no version that we know. */
export function readOffered(document: unknown): Offered | null {
  const paths = field(document, 'paths');
  const names = typeof paths === 'object' && paths !== null ? Object.keys(paths) : [];
  const version = newest(names, /^\/slurm\/v0\.0\.(\d+)\/jobs\/?$/);
  return version === null ? null : { version, accounting: newest(names, /^\/slurmdb\/v0\.0\.(\d+)\/jobs\/?$/) };
}

/** The field of something that may be an object. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function newest(paths: readonly string[], pattern: RegExp): number | null {
  const offered = new Set(paths.map((path) => Number(pattern.exec(path)?.[1] ?? NaN)));
  return KNOWN_VERSIONS.find((version) => offered.has(version)) ?? null;
}
