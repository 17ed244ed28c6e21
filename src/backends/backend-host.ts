import { type DynamicModule, type INestApplicationContext, type LogLevel, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule } from '../config/config.module';
import type { Environment } from '../config/env-reader';
import { readServerConfig, type ServerConfig } from '../config/server-config';
import type { Backend } from './backend';
import { type BackendModule, BackendPackagesModule, moduleClassOf } from './backend-modules';
import { BackendRegistry } from './backend-registry';
import { BackendsModule } from './backends.module';

@Module({})
class HostModule {}

function contextOf(
  config: ServerConfig,
  packages: readonly BackendModule[],
  logger: LogLevel[] | false,
): Promise<INestApplicationContext> {
  const imports = [ConfigModule.forServer(config), BackendPackagesModule.with(packages), BackendsModule];
  return NestFactory.createApplicationContext({ module: HostModule, imports }, { logger, abortOnError: false });
}

/** The backends of a configuration without the rest of the server: for tests of a backend, and for small tools. */
export class BackendHost {
  private constructor(private readonly app: INestApplicationContext) {}

  /**
   * Makes the backends as a server does when it starts.
   * @param env the server's variables; the process's own are not looked at
   * @param modules Nest modules of others that bring backends
   * @throws ConfigError, and whatever a backend's constructor or `onModuleInit` throws
   */
  static async open(env: Environment, modules: readonly (Type | DynamicModule)[] = []): Promise<BackendHost> {
    const packages = modules.map((module) => ({ name: moduleClassOf(module).name, module, file: null }));
    return new BackendHost(await contextOf(readServerConfig(env), packages, ['error', 'warn']));
  }

  /**
   * Makes the backends and lets go of them again, without a word: what is wrong with their settings comes to light before
   * a server opens or changes anything.
   * @throws as {@link open}
   */
  static async tryOut(config: ServerConfig, packages: readonly BackendModule[]): Promise<void> {
    await (await contextOf(config, packages, false)).close();
  }

  /** @throws Error when the service is not configured */
  backend(service: string): Backend {
    const backend = this.app.get(BackendRegistry).of(service);
    if (!backend) {
      throw new Error(`service ${service} is not configured`);
    }
    return backend;
  }

  /** As when the server stops: jobs live on. */
  async close(): Promise<void> {
    await this.app.close();
  }
}
