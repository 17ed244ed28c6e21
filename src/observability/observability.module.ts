import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { LogLevel } from '../config/variables';
import { HealthController } from './health.controller';
import { loggingParams } from './logging';
import { QuietLogger } from './quiet-logger';

@Module({})
export class ObservabilityModule {
  static forLevel(level: LogLevel): DynamicModule {
    return {
      module: ObservabilityModule,
      imports: [LoggerModule.forRoot(loggingParams(level))],
      controllers: [HealthController],
      providers: [QuietLogger],
    };
  }
}
