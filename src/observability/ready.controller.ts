import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiSchema, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Readiness, type ReadinessFindings } from './readiness';

/** Whether jobs may be sent here. */
@ApiSchema({ name: 'Ready', description: 'Whether jobs can be taken now, and what is in the way.' })
class ReadyDto {
  @ApiProperty({
    enum: ['ready', 'not ready'],
    description: '`not ready` while one of the others is not `ok`',
    example: 'ready',
  })
  status!: 'ready' | 'not ready';

  @ApiProperty({
    enum: ['ok', 'busy', 'full', 'error'],
    example: 'ok',
    description:
      '`busy`: a write did not go through within 3 seconds; `full`: its disk is; `error`: the log has the reason',
  })
  database!: ReadinessFindings['database'];

  @ApiProperty({
    enum: ['ok', 'full', 'error'],
    example: 'ok',
    description:
      '`full`: less than 64 MiB are free where database or jobs lie; `error`: it cannot be told; the log has the reason',
  })
  disk!: ReadinessFindings['disk'];
}

/**
 * Whether the program can take jobs now. Another question than that of `GET /health`: one that is not ready has to be
 * helped (room, a lock that somebody holds), and a restart would not help it. The same in both modes.
 */
@ApiTags('health')
@Controller()
export class ReadyController {
  constructor(private readonly readiness: Readiness) {}

  @Get('ready')
  @ApiOperation({
    summary: 'Whether jobs can be taken now: the database takes writes, and the disk has room',
    description:
      'For readiness probes and alerts: one that is not ready needs help, and a restart would be none. All that can be ' +
      'answered is still answered.',
  })
  @ApiResponse({ status: 200, type: ReadyDto, description: 'jobs can be taken' })
  @ApiResponse({ status: 503, type: ReadyDto, description: 'not now; the other keys say why' })
  async ready(@Res() response: Response): Promise<void> {
    const findings = await this.readiness.find();
    const isReady = findings.database === 'ok' && findings.disk === 'ok';
    response
      .status(isReady ? 200 : 503)
      .json({ status: isReady ? 'ready' : 'not ready', ...findings } satisfies ReadyDto);
  }
}
