import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { ClientConfig } from '../config/client-config';
import { ConfigModule } from '../config/config.module';
import { DatabaseModule } from '../database/database.module';
import { ExecutorModule } from '../executor/executor.module';
import { ObservabilityModule } from '../observability/observability.module';

/** Client mode: an executor. */
@Module({})
export class ClientModule {
  static with(config: ClientConfig): DynamicModule {
    return {
      module: ClientModule,
      imports: [
        ConfigModule.forClient(config),
        ObservabilityModule.with(config),
        DatabaseModule.forPath(config.dbPath),
        ScheduleModule.forRoot(),
        ExecutorModule,
      ],
    };
  }
}
