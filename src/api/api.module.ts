import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module';
import { JobsModule } from '../jobs/jobs.module';
import { DescribeJob } from './describe-job.service';
import { DescribeServices } from './describe-services.service';
import { JobsController } from './jobs.controller';
import { ServicesController } from './services.controller';
import { UploadController } from './upload.controller';
import { WishesKept } from './wishes-kept.service';

/** REST for portals. */
@Module({
  imports: [DispatchModule, JobsModule],
  controllers: [UploadController, JobsController, ServicesController],
  providers: [DescribeJob, DescribeServices, WishesKept],
})
export class ApiModule {}
