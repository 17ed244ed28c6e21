import { constants, existsSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../../common/errors';
import { fault, type Finding, ok } from './finding';

/** What a start would do, in words. */
const STATES = {
  absent: 'not there yet, a start makes it',
  current: 'up to date',
  older: 'of an older release: a start updates it',
  foreign: 'of the Rust program: a start copies it and takes it over',
} as const;

/** Whether the database can be used, without changing it. */
export async function checkDatabase(dbPath: string): Promise<Finding> {
  try {
    // Loaded only now: other findings don't need TypeORM.
    const { inspectDatabase } = await import('../../database/inspect-database.js');
    const state = await inspectDatabase(dbPath);
    const problem = await whyNotWritable(state === 'absent' ? dirname(dbPath) : dbPath);
    return problem === null
      ? ok('database', `${dbPath}, ${STATES[state]}`)
      : fault('database', `${dbPath}: ${problem} (DB_PATH)`);
  } catch (error) {
    return fault('database', `${dbPath}: ${messageOf(error)} (DB_PATH)`);
  }
}

/** Whether job directories can be made. */
export async function checkData(dataPath: string): Promise<Finding> {
  const isThere = existsSync(dataPath);
  if (isThere && !(await stat(dataPath)).isDirectory()) {
    return fault('data', `${dataPath} is no directory (DATA_PATH)`);
  }
  const problem = await whyNotWritable(dataPath);
  return problem === null
    ? ok('data', `${dataPath}${isThere ? '' : ', not there yet, a start makes it'}`)
    : fault('data', `${dataPath}: ${problem} (DATA_PATH)`);
}

/** Of the path, or of the nearest directory above it that is there. */
async function whyNotWritable(path: string): Promise<string | null> {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) {
    at = dirname(at);
  }
  try {
    await access(at, constants.W_OK);
    const isBelowFile = at !== path && !(await stat(at)).isDirectory();
    return isBelowFile ? `${at} is no directory` : null;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'} may not write to ${at}`;
  }
}
