import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Job } from '../../jobs/jobs.repository';
import { STATUSES, type Status } from '../../wire/status';

const time = (event: string, example: string | null) => ({
  description: `when ${event}, in UTC; null if it has not come to that`,
  type: String,
  format: 'date-time',
  nullable: true,
  example,
});

const wish = (description: string, example: number | null) => ({
  description: `${description}, as the upload asked for; null if it did not`,
  type: 'integer' as const,
  nullable: true,
  example,
});

/** All that there is to know of a job. */
@ApiSchema({ name: 'JobDetails', description: 'All that there is to know of a job.' })
export class JobDetailsDto {
  @ApiProperty({ description: 'id of the job', type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({ description: "the portal's number for its user", type: 'integer', example: 7 })
  user_id!: number;

  @ApiProperty({ description: 'the service that it was uploaded for', example: 'example' })
  service!: string;

  @ApiProperty({ enum: STATUSES, description: 'its state', example: 'Failed' satisfies Status })
  status!: Status;

  @ApiProperty({ description: 'for people: why it is in this state, or what holds it up', example: 'exit code 3' })
  message!: string;

  @ApiProperty({
    description: 'exit code of `run.sh`; null if it has none',
    type: 'integer',
    nullable: true,
    example: 3,
  })
  exit_code!: number | null;

  @ApiProperty({
    description: 'the signal that ended `run.sh`; null if none did',
    type: String,
    nullable: true,
    example: null,
  })
  signal!: string | null;

  @ApiProperty(wish('seconds that `run.sh` may run', 3600))
  walltime!: number | null;

  @ApiProperty(wish('CPUs', null))
  cpus!: number | null;

  @ApiProperty(wish('memory in MiB', null))
  memory!: number | null;

  @ApiProperty({
    description: 'when it was uploaded, in UTC',
    format: 'date-time',
    example: '2026-11-25T10:00:00.000Z',
  })
  created_at!: string;

  @ApiProperty(time('its hand-over to a backend began', '2026-11-25T10:00:00.003Z'))
  processing_at!: string | null;

  @ApiProperty(time('the backend took it', '2026-11-25T10:00:00.030Z'))
  submitted_at!: string | null;

  @ApiProperty(time('`run.sh` started', '2026-11-25T10:00:00.037Z'))
  started_at!: string | null;

  @ApiProperty(time('it had ended, with its results in place', '2026-11-25T10:00:00.073Z'))
  ended_at!: string | null;

  @ApiProperty(time('its files were removed', null))
  cleaned_at!: string | null;

  @ApiProperty(time('its files are going to be removed', '2026-12-05T10:00:00.073Z'))
  expires_at!: string | null;

  /**
   * @param message what to say of the job now; a queued job's row doesn't know what it waits for
   * @param maxAgeMs retention after the end
   */
  static from(job: Job, message: string, maxAgeMs: number): JobDetailsDto {
    return {
      id: job.id,
      user_id: job.userId,
      service: job.service,
      status: job.status,
      message,
      exit_code: job.exitCode,
      signal: job.signal,
      walltime: job.walltimeMs === null ? null : job.walltimeMs / 1000,
      cpus: job.cpus,
      memory: job.memoryMiB,
      created_at: job.createdAt.toISOString(),
      processing_at: iso(job.processingAt),
      submitted_at: iso(job.submittedAt),
      started_at: iso(job.startedAt),
      ended_at: iso(job.endedAt),
      cleaned_at: iso(job.cleanedAt),
      expires_at: iso(job.endedAt === null ? null : job.endedAt + maxAgeMs),
    };
  }
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
