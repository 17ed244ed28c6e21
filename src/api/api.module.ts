import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module';
import { JobsModule } from '../jobs/jobs.module';
import { DescribeJob } from './describe-job.service';
import { DescribeServices } from './describe-services.service';
import { JobsController } from './jobs.controller';
import { ServicesController } from './services.controller';
import { UploadController } from './upload.controller';

/** REST for portals. */
@Module({
  imports: [DispatchModule, JobsModule],
  controllers: [UploadController, JobsController, ServicesController],
  providers: [DescribeJob, DescribeServices],
})
export class ApiModule {}
