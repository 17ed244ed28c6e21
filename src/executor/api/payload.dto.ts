import { ApiProperty } from '@nestjs/swagger';
import { STATUSES, type Status } from '../../wire/status';
import type { Payload } from '../../wire/payload';

/** A payload: a job as the executor knows it. Times are milliseconds since 1970. */
export class PayloadDto implements Payload {
  @ApiProperty({ description: 'ascending; 0 in an error that concerns no payload', example: 17 })
  id!: number;

  @ApiProperty({ description: 'always empty', type: 'object', additionalProperties: false, example: {} })
  input!: Record<string, never>;

  @ApiProperty({ enum: STATUSES, example: 'Running' satisfies Status })
  status!: Status;

  @ApiProperty({ description: "the payload's directory on the executor", example: '/data/4b6a….run' })
  loc!: string;

  @ApiProperty({ description: 'of the supervising process; 0 before the start', example: 4711 })
  pid!: number;

  @ApiProperty({ description: 'its termination was asked for', example: false })
  killed!: boolean;

  @ApiProperty({ required: false, description: 'key of the job, made by the server' })
  key?: string;

  @ApiProperty({ required: false, description: 'why it is in this state', example: 'exit code 3' })
  message?: string;

  @ApiProperty({ required: false, type: Number, nullable: true, example: 3 })
  exit_code?: number | null;

  @ApiProperty({ required: false, type: String, nullable: true, description: 'that ended it', example: 'SIGKILL' })
  signal?: string | null;

  @ApiProperty({ required: false, type: Number, nullable: true, example: 1764000000000 })
  started_at?: number | null;

  @ApiProperty({ required: false, type: Number, nullable: true, example: 1764000060000 })
  ended_at?: number | null;
}
