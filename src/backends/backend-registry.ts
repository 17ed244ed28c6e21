import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { ConfigError } from '../config/config-error';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { serviceVariableName } from '../config/variables';
import type { Backend } from './backend';
import { BACKEND_MODULES, type BackendModule, moduleClassOf } from './backend-modules';
import { BACKEND_NAME } from './backend-provider';
import { ownersOfModules } from './owners-of-modules';

/** What the methods of a backend are called; those that may be left out are not here. */
const METHODS = [
  'capabilities',
  'ready',
  'submit',
  'find',
  'poll',
  'fetch',
  'terminate',
  'release',
  'pollEveryMs',
] as const satisfies readonly (keyof Backend)[];

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const OURS = 'job-orchestrator itself';

interface Found {
  readonly backend: Backend;
  /** Who brings it, in words. */
  readonly owner: string;
}

/** Finds all backends of the application and says which serves a service. */
@Injectable()
export class BackendRegistry implements OnModuleInit {
  private readonly found = new Map<string, Found>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly modules: ModulesContainer,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
    @Inject(BACKEND_MODULES) private readonly packages: readonly BackendModule[],
  ) {}

  /** @throws ConfigError with all that is wrong with the backends, and with the services that ask for them */
  onModuleInit(): void {
    const faults = [...this.discover(), ...this.missing()];
    if (faults.length > 0) {
      throw new ConfigError(faults);
    }
  }

  all(): Iterable<Backend> {
    return [...this.found.values()].map(({ backend }) => backend);
  }

  /** The backend of a configured service; `null` when the service is configured no longer. */
  of(service: string): Backend | null {
    const config = this.config.services.get(service);
    return (config && this.found.get(config.backend)?.backend) ?? null;
  }

  /** Fills the map; the faults. */
  private discover(): string[] {
    const owners = ownersOfModules(this.modules, this.packages);
    const faults: string[] = [];
    const bringing = new Set<string>();
    for (const { instance, metatype, host } of this.discovery.getProviders()) {
      const name = nameOf(metatype) ?? nameOf((instance as object | null)?.constructor);
      if (name === null) {
        continue;
      }
      const owner = (host && owners.get(host)) ?? null;
      bringing.add(owner ?? OURS);
      const fault = this.add(name, instance, owner === null ? OURS : JSON.stringify(owner));
      if (fault !== null) {
        faults.push(`BACKEND_MODULES: ${fault}`);
      }
    }
    for (const { name, module } of this.packages.filter((each) => !bringing.has(each.name))) {
      const text = `its module ${moduleClassOf(module).name} has no provider with @BackendProvider('a-name')`;
      faults.push(`BACKEND_MODULES: ${JSON.stringify(name)}: ${text}`);
    }
    return faults;
  }

  /** What is wrong with it; `null`: nothing, it is added. */
  private add(name: string, instance: unknown, owner: string): string | null {
    const known = this.found.get(name);
    if (known?.backend === instance) {
      // One provider under two tokens.
      return null;
    }
    if (known) {
      return `${known.owner} and ${owner} both bring a backend ${JSON.stringify(name)}`;
    }
    if (!NAME.test(name)) {
      return `${owner}: ${JSON.stringify(name)} is not a name of a-z, 0-9 and - for a backend`;
    }
    const missing = METHODS.filter((method) => !hasMethod(instance, method));
    if (missing.length > 0) {
      return `${owner}: its backend ${JSON.stringify(name)} has no ${missing.join('(), ')}()`;
    }
    this.found.set(name, { backend: instance as Backend, owner });
    return null;
  }

  private missing(): string[] {
    const known = [...this.found.keys()].join(', ');
    return [...this.config.services.values()]
      .filter(({ backend }) => !this.found.has(backend))
      .map(({ name, backend }) => {
        const variable = serviceVariableName(name.toUpperCase(), 'backend');
        return `${variable}: there is no backend ${JSON.stringify(backend)}, but ${known}; BACKEND_MODULES adds others`;
      });
  }
}

function nameOf(type: unknown): string | null {
  const name: unknown = typeof type === 'function' ? Reflect.getMetadata(BACKEND_NAME, type) : undefined;
  return typeof name === 'string' ? name : null;
}

function hasMethod(instance: unknown, method: string): boolean {
  return typeof (instance as Record<string, unknown> | null)?.[method] === 'function';
}
