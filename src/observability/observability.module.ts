import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { LogLevel } from '../config/variables';
import { HealthController } from './health.controller';
import { loggingParams } from './logging';
import { QuietLogger } from './quiet-logger';
import { Readiness, STORAGE, type Storage } from './readiness';
import { ReadyController } from './ready.controller';

@Module({})
export class ObservabilityModule {
  static with(config: Storage & { readonly logLevel: LogLevel }): DynamicModule {
    return {
      module: ObservabilityModule,
      imports: [LoggerModule.forRoot(loggingParams(config.logLevel))],
      controllers: [HealthController, ReadyController],
      providers: [QuietLogger, Readiness, { provide: STORAGE, useValue: config }],
    };
  }
}
