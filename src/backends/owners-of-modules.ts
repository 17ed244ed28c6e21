import type { ModulesContainer } from '@nestjs/core';
import type { BackendModule } from './backend-modules';
import { moduleClassOf } from './backend-modules';

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

/** Which entry of BACKEND_MODULES each module of the application came with: its own, and what that imports. */
export function ownersOfModules(
  container: ModulesContainer,
  packages: readonly BackendModule[],
): ReadonlyMap<NestModule, string> {
  const owners = new Map<NestModule, string>();
  const claim = (module: NestModule, owner: string): void => {
    // Global ones are imported by everybody.
    if (module.isGlobal || owners.has(module)) {
      return;
    }
    owners.set(module, owner);
    module.imports.forEach((imported) => claim(imported, owner));
  };
  for (const { name, module } of packages) {
    const top = [...container.values()].find(({ metatype }) => metatype === moduleClassOf(module));
    if (top) {
      owners.set(top, name);
      top.imports.forEach((imported) => claim(imported, name));
    }
  }
  return owners;
}
