import { Inject, Injectable, SetMetadata, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { OrchestratorError } from '../common/errors';
import type { Backend } from './backend';

const BACKEND_NAME = 'job-orchestrator:backend';

/** Marks a provider as the backend of this name, for `SERVICE_<NAME>_BACKEND`. */
export function BackendProvider(name: string): ClassDecorator {
  return SetMetadata(BACKEND_NAME, name);
}

/** A service asks for a backend that no module provides. Ends the start. */
export class BackendMissingError extends OrchestratorError {
  readonly code = 'backend-missing';
  readonly retryable = false;

  constructor(service: string, backend: string, known: readonly string[]) {
    super(`service ${service}: no backend ${backend} is installed; there are ${known.join(', ') || 'none'}`);
  }
}

/** Finds all backends of the application and says which serves a service. */
@Injectable()
export class BackendRegistry implements OnModuleInit {
  private readonly backends = new Map<string, Backend>();

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getProviders()) {
      const name: unknown = metatype && Reflect.getMetadata(BACKEND_NAME, metatype);
      if (typeof name === 'string') {
        this.backends.set(name, instance as Backend);
      }
    }
    for (const service of this.config.services.values()) {
      if (!this.backends.has(service.backend)) {
        throw new BackendMissingError(service.name, service.backend, [...this.backends.keys()]);
      }
    }
  }

  all(): Iterable<Backend> {
    return this.backends.values();
  }

  /** The backend of a configured service; `null` when the service is configured no longer. */
  of(service: string): Backend | null {
    const config = this.config.services.get(service);
    return (config && this.backends.get(config.backend)) ?? null;
  }
}
