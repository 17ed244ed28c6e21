import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { READER } from '../database/data-source';
import { AcceptPayloadService } from './accept-payload.service';
import { EventsController } from './api/events.controller';
import { KeysController } from './api/keys.controller';
import { LoadController } from './api/load.controller';
import { PayloadsController } from './api/payloads.controller';
import { CpuLoad } from './cpu-load';
import { ExecutorRecovery } from './executor-recovery.service';
import { PayloadEvents } from './payload-events';
import { PayloadFiles } from './payload-files';
import { PayloadRetention } from './payload-retention.service';
import { PayloadEntity } from './payload.entity';
import { PayloadsRepository } from './payloads.repository';
import { LogLimit } from './process/log-limit';
import { ProcessEnder } from './process/process-ender.service';
import { TakeOver } from './take-over.service';
import { TokenGuard } from './token.guard';
import { RunnerService } from './runner.service';

/** Client mode: takes payloads, runs them, gives the results back. */
@Module({
  imports: [TypeOrmModule.forFeature([PayloadEntity]), TypeOrmModule.forFeature([PayloadEntity], READER)],
  controllers: [PayloadsController, KeysController, EventsController, LoadController],
  providers: [
    { provide: APP_GUARD, useClass: TokenGuard },
    AcceptPayloadService,
    CpuLoad,
    ExecutorRecovery,
    LogLimit,
    PayloadEvents,
    PayloadFiles,
    PayloadRetention,
    PayloadsRepository,
    ProcessEnder,
    RunnerService,
    TakeOver,
  ],
})
export class ExecutorModule {}
