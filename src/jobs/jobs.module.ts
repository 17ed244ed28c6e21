import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { READER } from '../database/data-source';
import { AcceptUploadService } from './accept-upload.service';
import { JobEvents } from './job-events';
import { JobFiles } from './job-files';
import { JobEntity } from './job.entity';
import { UploadKeyEntity } from './upload-key.entity';
import { JobsRepository } from './jobs.repository';
import { MoveWatch } from './move-watch.service';

@Module({
  imports: [
    TypeOrmModule.forFeature([JobEntity, UploadKeyEntity]),
    TypeOrmModule.forFeature([JobEntity, UploadKeyEntity], READER),
  ],
  providers: [AcceptUploadService, JobEvents, JobFiles, JobsRepository, MoveWatch],
  exports: [AcceptUploadService, JobEvents, JobFiles, JobsRepository, MoveWatch],
})
export class JobsModule {}
