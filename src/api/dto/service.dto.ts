import { ApiProperty } from '@nestjs/swagger';
import type { ServiceConfig } from '../../config/server-config';

/** A service that jobs can be uploaded for. */
export class ServiceDto {
  @ApiProperty({ description: "what an upload's `service` field says", example: 'example' })
  name!: string;

  @ApiProperty({ description: 'what runs its jobs', example: 'native' })
  backend!: string;

  @ApiProperty({ description: 'active jobs of one user', example: 5 })
  runs_per_user!: number;

  @ApiProperty({ description: 'active jobs of all users', example: 10 })
  max_runs!: number;

  static from(service: ServiceConfig): ServiceDto {
    return {
      name: service.name,
      backend: service.backend,
      runs_per_user: service.runsPerUser,
      max_runs: service.maxRuns,
    };
  }
}
