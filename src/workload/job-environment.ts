/** Where a job runs and who it is. */
export interface JobIdentity {
  /** The id under which the portal knows the job. */
  readonly id: string;
  readonly key: string;
  readonly homeDir: string;
  readonly tmpDir: string;
}

/** What jobs see of the environment in which they are started; nothing else of it reaches them. */
export const PASSED_ON = ['PATH', 'LANG', 'USER'] as const;

/**
 * The environment of a job, the same on every backend: PATH, LANG and USER as outside, HOME and TMPDIR of its own,
 * `JOB_ID`, `JOB_KEY`, and the variables that the operator named in `JOB_ENV`.
 * @param outer the environment of whoever starts the job
 * @param named names from `JOB_ENV`; one that is not set outside is left out
 */
export function jobEnvironment(
  identity: JobIdentity,
  outer: Readonly<Record<string, string | undefined>>,
  named: readonly string[],
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...PASSED_ON, ...named]) {
    const value = outer[name];
    if (value !== undefined) {
      environment[name] = value;
    }
  }
  return {
    ...environment,
    HOME: identity.homeDir,
    TMPDIR: identity.tmpDir,
    JOB_ID: identity.id,
    JOB_KEY: identity.key,
  };
}
