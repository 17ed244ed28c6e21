import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { STATUSES, type Status } from '../../wire/status';
import type { Payload } from '../../wire/payload';

export const KEY_EXAMPLE = '06dcdd31-b654-49d2-9b26-7716abce8cb4';
const SIGNAL_MEANING = 'the signal that ended `run.sh`; null if none did';

const time = (event: string) => ({
  required: false,
  description: `when ${event}, in milliseconds since 1970; null if it has not come to that`,
  type: 'integer' as const,
  nullable: true,
});

/** A payload: a job as the executor knows it. Times are milliseconds since 1970. */
@ApiSchema({
  name: 'Payload',
  description:
    'A job as the executor knows it. The first six keys are always there; clients of the Rust program send no others.',
})
export class PayloadDto implements Payload {
  @ApiProperty({
    description: 'number of the payload, ascending; 0 in an error that concerns none',
    type: 'integer',
    example: 17,
  })
  id!: number;

  @ApiProperty({ description: 'always empty', type: 'object', additionalProperties: false, example: {} })
  input!: Record<string, never>;

  @ApiProperty({ enum: STATUSES, description: 'its state; `Unknown` in an error', example: 'Running' satisfies Status })
  status!: Status;

  @ApiProperty({
    description: "the payload's directory on the executor",
    example: '/data/06dcdd31-b654-49d2-9b26-7716abce8cb4.run',
  })
  loc!: string;

  @ApiProperty({ description: 'process id of its supervisor; 0 before the start', type: 'integer', example: 4711 })
  pid!: number;

  @ApiProperty({ description: 'its termination was asked for', example: false })
  killed!: boolean;

  @ApiProperty({ required: false, description: 'key of the job, made by the server', example: KEY_EXAMPLE })
  key?: string;

  @ApiProperty({ required: false, description: 'for people: why it is in this state', example: '' })
  message?: string;

  @ApiProperty({
    required: false,
    description: 'exit code of `run.sh`; null if it has none',
    type: 'integer',
    nullable: true,
    example: null,
  })
  exit_code?: number | null;

  @ApiProperty({ required: false, type: String, nullable: true, description: SIGNAL_MEANING, example: null })
  signal?: string | null;

  @ApiProperty({ ...time('`run.sh` started'), example: 1764000000000 })
  started_at?: number | null;

  @ApiProperty({ ...time('it ended'), example: null })
  ended_at?: number | null;
}
