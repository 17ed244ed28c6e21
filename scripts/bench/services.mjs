// The services that rows use. All of them are at the same executor, save one whose executor does not exist.

/** High quotas: what limits is the programs. */
const HIGH = { maxRuns: 100, runsPerUser: 100 };

export const SERVICES = {
  bench: HIGH,
  /** The quotas that ours has by default; the other program's may be others. */
  plain: { maxRuns: 10, runsPerUser: 5 },
  /** Nobody listens there. */
  away: { ...HIGH, isAbsent: true },
  /** Two of its jobs run, and go on; the others wait. */
  hold: { maxRuns: 2, runsPerUser: 2 },
  /** One user can be at the limit here while others have as many runs as in `bench`. */
  crowd: { maxRuns: 110, runsPerUser: 10 },
};

/** Environment of a server that has the services `names`. */
export function serviceVariables(names, executorPort, absentPort) {
  const variables = {};
  for (const name of names) {
    const { maxRuns, runsPerUser, isAbsent = false } = SERVICES[name];
    const prefix = `SERVICE_${name.toUpperCase()}`;
    const base = `http://127.0.0.1:${isAbsent ? absentPort : executorPort}`;
    variables[`${prefix}_UPLOAD_URL`] = `${base}/submit`;
    variables[`${prefix}_DOWNLOAD_URL`] = `${base}/retrieve`;
    variables[`${prefix}_TERMINATE_URL`] = `${base}/kill`;
    variables[`${prefix}_MAX_RUNS`] = String(maxRuns);
    variables[`${prefix}_RUNS_PER_USER`] = String(runsPerUser);
  }
  return variables;
}
