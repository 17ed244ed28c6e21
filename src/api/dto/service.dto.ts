import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ServiceConfig } from '../../config/server-config';
import { fieldsKept, type KeptWishes, WISH_FIELD_NAMES, type WishFieldName } from '../../jobs/job-wishes';

const COUNT = { type: 'integer', nullable: true } as const;

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
@ApiSchema({ name: 'Service', description: 'A service that jobs can be uploaded for.' })
export class ServiceDto {
  @ApiProperty({ description: "what an upload's `service` field says", example: 'example' })
  name!: string;

  @ApiProperty({
    description: 'what runs its jobs: `native` (executors), `slurm`, or one that a package brings',
    example: 'native',
  })
  backend!: string;

  @ApiProperty({ description: 'active jobs of one user, at most', type: 'integer', example: 5 })
  runs_per_user!: number;

  @ApiProperty({ description: 'active jobs of all users, at most', type: 'integer', example: 10 })
  max_runs!: number;

  @ApiProperty({
    description: 'the optional fields that an upload for it may carry, as far as is known of its backend',
    enum: WISH_FIELD_NAMES,
    isArray: true,
    example: ['walltime'],
  })
  wishes!: WishFieldName[];

  @ApiProperty({ description: 'the most of `walltime`, in seconds; null: no limit', ...COUNT, example: 86_400 })
  max_walltime!: number | null;

  @ApiProperty({ description: 'the most of `cpus`; null: no limit', ...COUNT, example: null })
  max_cpus!: number | null;

  @ApiProperty({ description: 'the most of `memory`, in MiB; null: no limit', ...COUNT, example: null })
  max_memory!: number | null;

  @ApiProperty({ description: 'jobs that are active now: handed over, or being so', type: 'integer', example: 2 })
  active!: number;

  @ApiProperty({ description: 'jobs that wait for their turn now', type: 'integer', example: 0 })
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

  static from(service: ServiceConfig, kept: KeptWishes, state: ServiceState): ServiceDto {
    return {
      name: service.name,
      backend: service.backend,
      runs_per_user: service.runsPerUser,
      max_runs: service.maxRuns,
      wishes: fieldsKept(kept),
      max_walltime: service.maxRuntimeMs === null ? null : service.maxRuntimeMs / 1000,
      max_cpus: service.maxCpus,
      max_memory: service.maxMemoryMiB,
      active: state.active,
      waiting: state.waiting,
      reachable: state.isReachable,
      reason: state.fault,
    };
  }
}
