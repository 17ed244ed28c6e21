/**
 * A backend of others has to use the very modules of the running program: error classes and injection tokens of a second
 * copy would be strangers to it. Where such a package is installed says nothing of that: beside a global installation,
 * in a directory of an image, linked from somewhere. So the names below mean the program's own files, whoever imports
 * them. The rejected alternative, to demand an installation beside the program and to refuse any other copy, makes
 * a plugin in one file impossible.
 */
import nodeModule, { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const SHARED = ['job-orchestrator/backend', '@nestjs/common', '@nestjs/core', 'reflect-metadata'];

type Resolve = (specifier: string, context: unknown, next: Resolve) => { url: string; shortCircuit?: boolean };

/** Parts of node:module that the types of Node 20 lack: registerHooks came with 22.15, the other was always there. */
interface Loader {
  registerHooks?(hooks: { resolve: Resolve }): void;
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

let isShared = false;

/** From now on the shared names lead to the program's own modules, in `import` and `require`. Again: no-op. */
export function shareImports(): void {
  if (isShared) {
    return;
  }
  isShared = true;
  const { resolve } = createRequire(__filename);
  const paths = new Map(SHARED.map((name) => [name, resolve(name)]));
  const loader = nodeModule as unknown as Loader;
  if (loader.registerHooks) {
    loader.registerHooks({
      resolve: (specifier, context, next) => {
        const path = paths.get(specifier);
        return path === undefined
          ? next(specifier, context, next)
          : { url: pathToFileURL(path).href, shortCircuit: true };
      },
    });
    return;
  }
  const original = loader._resolveFilename.bind(loader);
  loader._resolveFilename = (request, ...rest) => paths.get(request) ?? original(request, ...rest);
  const urls = [...paths].map(([name, path]) => [name, pathToFileURL(path).href]);
  nodeModule.register(`data:text/javascript,${encodeURIComponent(HOOK)}`, { data: Object.fromEntries(urls) as object });
}

/** Node 20 asks a thread of its own where modules of `import` are. */
const HOOK = `
let urls = {};
export function initialize(data) { urls = data; }
export function resolve(specifier, context, next) {
  return Object.hasOwn(urls, specifier) ? { url: urls[specifier], shortCircuit: true } : next(specifier, context);
}`;
