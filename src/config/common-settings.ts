import { EnvReader, type Environment } from './env-reader';
import { VARIABLES, type LogLevel } from './variables';

/** What both modes are told. */
export interface CommonSettings {
  /** IP address or host name to listen on. */
  readonly host: string;
  /** The SQLite file, absolute. */
  readonly dbPath: string;
  /** Directory of the job directories, absolute. */
  readonly dataPath: string;
  /** Retention after a job's end. May exceed what a timer takes (2^31 ms). */
  readonly maxAgeMs: number;
  /** What server and executor share; null: whoever reaches the executor may use it. */
  readonly executorToken: string | null;
  readonly logLevel: LogLevel;
}

/** Reads what both modes are told; relative paths are taken from `directory`. */
export function readCommonSettings(reader: EnvReader, directory: string): CommonSettings {
  const dbPath = reader.path(VARIABLES.dbPath, directory);
  const dataPath = reader.path(VARIABLES.dataPath, directory);
  if (dbPath === dataPath) {
    reader.fault('DB_PATH', `the same path as DATA_PATH (${dataPath}): one is a file, the other a directory`);
  }
  return {
    host: reader.host(VARIABLES.host),
    dbPath,
    dataPath,
    maxAgeMs: reader.integer(VARIABLES.maxAge) * 1000,
    executorToken: reader.secret(VARIABLES.executorToken),
    logLevel: reader.choice(VARIABLES.logLevel),
  };
}

/** The database's path alone: for commands that a fault elsewhere in the configuration must not stop. */
export function readDbPath(env: Environment, directory: string = process.cwd()): string {
  const reader = new EnvReader(env);
  const path = reader.path(VARIABLES.dbPath, directory);
  reader.finish();
  return path;
}
