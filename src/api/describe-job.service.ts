import { Inject, Injectable } from '@nestjs/common';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { Dispatcher } from '../dispatch/dispatcher.service';
import { JobFiles } from '../jobs/job-files';
import { JobNotFoundError } from '../jobs/jobs.errors';
import { type Job, JobsRepository } from '../jobs/jobs.repository';
import { JobDetailsDto } from './dto/job-details.dto';
import type { StatusBodyDto } from './dto/status-body.dto';

/** What the server says of a job. */
@Injectable()
export class DescribeJob {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly dispatcher: Dispatcher,
    private readonly files: JobFiles,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /** @throws JobNotFoundError */
  async require(id: number): Promise<Job> {
    const job = await this.jobs.find(id);
    if (!job) {
      throw new JobNotFoundError(id);
    }
    return job;
  }

  statusOf(job: Job): StatusBodyDto {
    return { id: job.id, status: job.status, message: this.messageOf(job) };
  }

  detailsOf(job: Job): JobDetailsDto {
    return JobDetailsDto.from(
      job,
      this.messageOf(job),
      this.config.services.get(job.service)?.maxAgeMs ?? this.config.maxAgeMs,
    );
  }

  archivePathOf(job: Job): string {
    return this.files.archivePath(job.loc);
  }

  private messageOf(job: Job): string {
    if (job.status !== 'Queued') {
      return job.message;
    }
    const reason = this.dispatcher.holdReason(job.service, job.userId);
    return reason === '' ? job.message : reason;
  }
}
