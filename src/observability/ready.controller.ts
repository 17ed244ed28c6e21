import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Readiness, type ReadinessFindings } from './readiness';

/** Whether jobs may be sent here. */
class ReadyDto {
  @ApiProperty({ enum: ['ready', 'not ready'], example: 'ready' })
  status!: 'ready' | 'not ready';

  @ApiProperty({
    enum: ['ok', 'busy', 'full', 'error'],
    example: 'ok',
    description: 'whether a write goes through within 3 seconds',
  })
  database!: ReadinessFindings['database'];

  @ApiProperty({
    enum: ['ok', 'full', 'error'],
    example: 'ok',
    description: 'whether 64 MiB are free where database and jobs lie',
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
  @ApiOperation({ summary: 'Whether jobs can be taken now: the database takes writes, and the disk has room' })
  @ApiResponse({ status: 200, type: ReadyDto })
  @ApiResponse({ status: 503, type: ReadyDto, description: 'not now; the other keys say why' })
  async ready(@Res() response: Response): Promise<void> {
    const findings = await this.readiness.find();
    const isReady = findings.database === 'ok' && findings.disk === 'ok';
    response
      .status(isReady ? 200 : 503)
      .json({ status: isReady ? 'ready' : 'not ready', ...findings } satisfies ReadyDto);
  }
}
