import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { JobRetention } from './job-retention.service';

@Module({ imports: [JobsModule], providers: [JobRetention] })
export class CleanupModule {}
