import { createRequire } from 'node:module';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { messageOf } from '../common/errors';

/** What `import` looks for in `exports`, for a file that both `import` and `require` may load. */
const CONDITIONS = ['node', 'import', 'module-sync', 'default', 'require'];

/** Nothing can be loaded by this name. The text ends a sentence that names it. */
export class PackageNotFoundError extends Error {}

/**
 * The file by which a package is entered. Looks as Node does, but also into packages that only `import` may load, which
 * `require.resolve` would not find.
 * @param name of a package, or a path of a file or a package (absolute, or starting with a dot)
 * @param directory where paths start, and the search through `node_modules` directories; then it goes on from this program
 * @throws PackageNotFoundError
 */
export function findPackage(name: string, directory: string): string {
  const isPath = isAbsolute(name) || name === '.' || name === '..' || /^\.\.?\//.test(name);
  const found = isPath ? resolve(directory, name) : findByName(name, directory);
  if (!existsSync(found)) {
    throw new PackageNotFoundError(`there is no ${found}`);
  }
  // By its real path, by which errors name it (npm link, pnpm).
  return realpathSync(statSync(found).isDirectory() ? entryOf(found) : found);
}

function findByName(name: string, directory: string): string {
  if (!/^(@[^/@\s]+\/)?[^/@\s.][^/@\s]*$/.test(name)) {
    throw new PackageNotFoundError('this is neither the name of a package nor a path, which starts with / or ./');
  }
  const places = [join(directory, 'package.json'), __filename].flatMap(
    (from) => createRequire(from).resolve.paths(name) ?? [],
  );
  const found = places.map((place) => join(place, name)).find((place) => existsSync(place));
  if (found === undefined) {
    throw new PackageNotFoundError(`no package of this name is installed in ${directory}, or beside this program`);
  }
  return found;
}

function entryOf(directory: string): string {
  const file = join(directory, 'package.json');
  let manifest: { exports?: unknown; main?: unknown } = {};
  try {
    manifest = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as typeof manifest) : {};
  } catch (error) {
    throw new PackageNotFoundError(`${file} is not JSON: ${messageOf(error)}`);
  }
  const target = exportsTarget(manifest.exports) ?? (typeof manifest.main === 'string' ? manifest.main : 'index.js');
  const candidates = [target, `${target}.js`, join(target, 'index.js')].map((each) => join(directory, each));
  const entry = candidates.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  if (entry === undefined) {
    throw new PackageNotFoundError(`there is no ${join(directory, target)}: has the package been built?`);
  }
  return entry;
}

/** What `exports` gives for the package itself. */
function exportsTarget(exports: unknown): string | null {
  if (typeof exports === 'string') {
    return exports;
  }
  if (Array.isArray(exports)) {
    return exports.map(exportsTarget).find((target) => target !== null) ?? null;
  }
  if (typeof exports !== 'object' || exports === null) {
    return null;
  }
  if ('.' in exports) {
    return exportsTarget(exports['.']);
  }
  const matching = Object.entries(exports).filter(([condition]) => CONDITIONS.includes(condition));
  return matching.map(([, target]) => exportsTarget(target)).find((target) => target !== null) ?? null;
}
