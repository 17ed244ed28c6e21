import { dirname, sep } from 'node:path';
import { type BackendModule, moduleClassOf } from '../backends/backend-modules';
import { withPlace } from '../backends/load-backend-modules';
import { isError, OrchestratorError } from '../common/errors';
import { ConfigError } from '../config/config-error';

/** Where this program's own files are. */
const OWN = `${dirname(__dirname)}${sep}`;

/**
 * Does something with backends. What goes wrong inside of somebody else's backend is said to come from there, with the
 * name by which the operator knows it.
 * @throws ConfigError naming the entry of BACKEND_MODULES, and what the work throws
 */
export async function namingBackends(backends: readonly BackendModule[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const culprit = error instanceof OrchestratorError ? undefined : backends.find((each) => isFrom(each, error));
    if (!culprit) {
      throw error;
    }
    const text = `could not be started: ${withPlace(error)}`;
    throw new ConfigError([`BACKEND_MODULES: ${JSON.stringify(culprit.name)}: ${text}`], { cause: error });
  }
}

/** It was thrown by a file of the package, or Nest names its module (a dependency that nobody provides). */
function isFrom({ file, module }: BackendModule, error: unknown): boolean {
  if (!isError(error)) {
    return false;
  }
  const home = file === null ? null : `${dirname(file)}${sep}`;
  const isInHome = (line: string) => {
    // The package may stand in a node_modules directory, have one, or have this program below it.
    const rest = home === null || line.includes(OWN) ? undefined : line.split(home)[1];
    return rest !== undefined && !rest.includes('node_modules');
  };
  return (error.stack ?? '').split('\n').some(isInHome) || error.message.includes(moduleClassOf(module).name);
}
