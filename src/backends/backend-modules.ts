import { type DynamicModule, Module, type Type } from '@nestjs/common';

/** A Nest module that brings backends, from outside of this program. */
export interface BackendModule {
  /** As it stands in BACKEND_MODULES. */
  readonly name: string;
  readonly module: Type | DynamicModule;
  /** The file that it was loaded from; `null`: it was given as it is. */
  readonly file: string | null;
}

/** Injection token of all of them. */
export const BACKEND_MODULES = Symbol('BACKEND_MODULES');

/** Makes the modules of others part of the application, where the registry finds their backends. */
@Module({})
export class BackendPackagesModule {
  static with(packages: readonly BackendModule[]): DynamicModule {
    return {
      module: BackendPackagesModule,
      global: true,
      imports: packages.map(({ module }) => module),
      providers: [{ provide: BACKEND_MODULES, useValue: packages }],
      exports: [BACKEND_MODULES],
    };
  }
}

/** The class behind either form of a module. */
export function moduleClassOf(module: Type | DynamicModule): Type {
  return typeof module === 'function' ? module : module.module;
}
