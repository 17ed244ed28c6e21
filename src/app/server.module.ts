import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ApiModule } from '../api/api.module';
import { CleanupModule } from '../cleanup/cleanup.module';
import { type BackendModule, BackendPackagesModule } from '../backends/backend-modules';
import { ConfigModule } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { DatabaseModule } from '../database/database.module';
import { ObservabilityModule } from '../observability/observability.module';

/** Server mode: takes jobs, queues them, hands them to backends, keeps the results. */
@Module({})
export class ServerModule {
  static with(config: ServerConfig, backends: readonly BackendModule[]): DynamicModule {
    return {
      module: ServerModule,
      imports: [
        ConfigModule.forServer(config),
        ObservabilityModule.with(config),
        DatabaseModule.forPath(config.dbPath),
        ScheduleModule.forRoot(),
        BackendPackagesModule.with(backends),
        ApiModule,
        CleanupModule,
      ],
    };
  }
}
