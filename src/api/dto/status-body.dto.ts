import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { STATUSES, type Status } from '../../wire/status';
import type { StatusBody } from '../../wire/status-body';

/** The state of a job, or an error. */
@ApiSchema({ name: 'StatusBody', description: 'The state of a job, or an error. Keys may be added in later releases.' })
export class StatusBodyDto implements StatusBody {
  @ApiProperty({ description: 'id of the job; 0 when no job is known', type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({
    enum: STATUSES,
    description: 'state of the job; `Unknown` when no job is known',
    example: 'Queued' satisfies Status,
  })
  status!: Status;

  @ApiProperty({
    description: 'for people: why the job is in its state, what holds it up, or what was wrong with the request',
    example: 'Job successfully uploaded',
  })
  message!: string;
}
