import { pathToFileURL } from 'node:url';
import type { DynamicModule, Type } from '@nestjs/common';
import { isError, messageOf } from '../common/errors';
import { ConfigError } from '../config/config-error';
import type { BackendModule } from './backend-modules';
import { moduleClassOf } from './backend-modules';
import { findPackage, PackageNotFoundError } from './find-package';
import { shareImports } from './share-imports';

/** What `@Module` leaves on a class. */
const MODULE_KEYS = ['providers', 'imports', 'exports', 'controllers'];

/**
 * Loads the packages that BACKEND_MODULES names, ES modules and CommonJS alike. What they import of this program and of
 * Nest is what the program itself uses, wherever they are installed (see share-imports.ts).
 * @param directory where relative paths and the search for packages start
 * @throws ConfigError with the faults of all of them
 */
export async function loadBackendModules(
  names: readonly string[],
  directory: string,
): Promise<readonly BackendModule[]> {
  if (names.length === 0) {
    return [];
  }
  shareImports();
  const loaded: BackendModule[] = [];
  const faults: string[] = [];
  for (const name of names) {
    try {
      const file = findPackage(name, directory);
      loaded.push({ name, file, module: await loadOne(file, loaded) });
    } catch (error) {
      faults.push(`BACKEND_MODULES: ${JSON.stringify(name)}: ${faultOf(error)}`);
    }
  }
  if (faults.length > 0) {
    throw new ConfigError(faults);
  }
  return loaded;
}

/** A package was loaded and is not what it has to be. The text ends a sentence that names it. */
class NotABackendModuleError extends Error {}

async function loadOne(file: string, loaded: readonly BackendModule[]): Promise<Type | DynamicModule> {
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const module = pickModule(exported);
  const twin = loaded.find((other) => moduleClassOf(other.module) === moduleClassOf(module));
  if (twin) {
    throw new NotABackendModuleError(`is the same module as ${JSON.stringify(twin.name)}`);
  }
  return module;
}

/** The default export if that is a Nest module, else the only one that is. */
function pickModule(exported: Record<string, unknown>): Type | DynamicModule {
  // What a CommonJS file assigned is the default; a compiled ES module has its own default inside.
  const inner = exported.default;
  const innerDefault = typeof inner === 'object' && inner !== null && 'default' in inner ? inner.default : undefined;
  const preferred = [inner, innerDefault].find(isNestModule);
  if (preferred) {
    return preferred;
  }
  const all = typeof inner === 'object' && inner !== null ? { ...exported, ...inner } : exported;
  const modules = [...new Set(Object.values(all).filter(isNestModule))];
  const [only] = modules;
  if (only && modules.length === 1) {
    return only;
  }
  if (only) {
    const classes = modules.map((module) => moduleClassOf(module).name).join(', ');
    throw new NotABackendModuleError(`exports several Nest modules (${classes}): one has to be its default export`);
  }
  const names = Object.keys(all).filter((key) => key !== 'default' && key !== 'module.exports');
  throw new NotABackendModuleError(
    `exports no Nest module (a class with @Module), but ${names.join(', ') || 'nothing by name'}`,
  );
}

function isNestModule(value: unknown): value is Type | DynamicModule {
  if (typeof value === 'object' && value !== null && 'module' in value) {
    return typeof value.module === 'function';
  }
  return typeof value === 'function' && MODULE_KEYS.some((key) => Reflect.hasOwnMetadata(key, value));
}

function faultOf(error: unknown): string {
  return error instanceof PackageNotFoundError || error instanceof NotABackendModuleError
    ? error.message
    : `could not be loaded: ${withPlace(error)}`;
}

/** The text of an error, and where in the file of somebody else it came from. */
export function withPlace(error: unknown): string {
  const place = isError(error) ? /^\s+at .*$/m.exec(error.stack ?? '')?.[0].trim() : undefined;
  const what = isError(error) && error.name !== 'Error' ? `${error.name}: ${error.message}` : messageOf(error);
  return place === undefined ? what : `${what} (${place})`;
}
