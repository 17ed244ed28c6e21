import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fault, type Finding, ok } from './finding';

/** What an executor starts jobs with. */
const TOOLS = ['bash', 'setsid', 'sleep'];

/** Whether the programs are there that an executor starts jobs with. */
export function checkTools(path: string): Finding {
  const missing = TOOLS.filter((tool) => !path.split(delimiter).some((directory) => isProgram(join(directory, tool))));
  return missing.length === 0
    ? ok('tools', TOOLS.join(', '))
    : fault('tools', `${missing.join(', ')} not found in PATH: install bash, coreutils and util-linux`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
