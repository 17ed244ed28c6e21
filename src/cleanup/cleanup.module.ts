import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { OrphanSweeper } from './orphan-sweeper.service';
import { JobRetention } from './job-retention.service';

@Module({ imports: [JobsModule], providers: [JobRetention, OrphanSweeper] })
export class CleanupModule {}
