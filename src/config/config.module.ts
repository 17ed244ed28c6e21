import { Module, type DynamicModule } from '@nestjs/common';
import type { ClientConfig } from './client-config';
import type { ServerConfig } from './server-config';

/** Injection token of the `ServerConfig`, in server mode. */
export const SERVER_CONFIG = Symbol('SERVER_CONFIG');
/** Injection token of the `ClientConfig`, in client mode. */
export const CLIENT_CONFIG = Symbol('CLIENT_CONFIG');

/** Offers the configuration, read before Nest starts, to every module. */
@Module({})
export class ConfigModule {
  static forServer(config: ServerConfig): DynamicModule {
    return offering(SERVER_CONFIG, config);
  }

  static forClient(config: ClientConfig): DynamicModule {
    return offering(CLIENT_CONFIG, config);
  }
}

function offering(token: symbol, config: ServerConfig | ClientConfig): DynamicModule {
  return {
    module: ConfigModule,
    global: true,
    providers: [{ provide: token, useValue: config }],
    exports: [token],
  };
}
