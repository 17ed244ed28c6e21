import { ApiProperty } from '@nestjs/swagger';
import type { ServiceConfig } from '../../config/server-config';

/** How a service is at the moment. */
export interface ServiceState {
  /** Jobs that hold a slot. */
  readonly active: number;
  readonly waiting: number;
  /** Why jobs are not handed over; `null` while all is well. */
  readonly fault: string | null;
  readonly isReachable: boolean;
}

/** A service that jobs can be uploaded for. */
export class ServiceDto {
  @ApiProperty({ description: "what an upload's `service` field says", example: 'example' })
  name!: string;

  @ApiProperty({ description: 'what runs its jobs', example: 'native' })
  backend!: string;

  @ApiProperty({ description: 'active jobs of one user, at most', example: 5 })
  runs_per_user!: number;

  @ApiProperty({ description: 'active jobs of all users, at most', example: 10 })
  max_runs!: number;

  @ApiProperty({ description: 'jobs that are active now: handed over, or being so', example: 2 })
  active!: number;

  @ApiProperty({ description: 'jobs that wait for their turn now', example: 0 })
  waiting!: number;

  @ApiProperty({ description: 'its backend has answered just now, or lately', example: true })
  reachable!: boolean;

  @ApiProperty({
    description: 'why it is not reachable, or why its jobs are not handed over; null while all is well',
    type: String,
    nullable: true,
    example: null,
  })
  reason!: string | null;

  static from(service: ServiceConfig, state: ServiceState): ServiceDto {
    return {
      name: service.name,
      backend: service.backend,
      runs_per_user: service.runsPerUser,
      max_runs: service.maxRuns,
      active: state.active,
      waiting: state.waiting,
      reachable: state.isReachable,
      reason: state.fault,
    };
  }
}
