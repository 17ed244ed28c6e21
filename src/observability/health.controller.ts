import { Controller, Get, Header, Res } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ApiOperation, ApiProperty, ApiResponse, ApiSchema, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { DataSource } from 'typeorm';
import { READER } from '../database/data-source';
import { WIRE_VERSION } from '../wire/protocol';

/** That the program answers. */
@ApiSchema({ name: 'Pong', description: 'That the program answers.' })
class PongDto {
  @ApiProperty({ description: 'always `pong`', example: 'pong' })
  message!: string;
}

/** How the program is. */
@ApiSchema({ name: 'Health', description: 'How the program is.' })
class HealthDto {
  @ApiProperty({ enum: ['ok', 'error'], description: '`error` while the database does not answer', example: 'ok' })
  status!: 'ok' | 'error';

  @ApiProperty({ enum: ['ok', 'error'], description: 'whether the database answers', example: 'ok' })
  database!: 'ok' | 'error';

  @ApiProperty({
    description: 'version of what server and executor say to each other beyond the contract of the Rust program',
    type: 'integer',
    example: 2,
  })
  wire!: number;
}

/** Whether the program answers, and its database. The same in both modes. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(@InjectDataSource(READER) private readonly reader: DataSource) {}

  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Whether the program answers at all' })
  @ApiResponse({ status: 200, type: PongDto, description: 'it does' })
  ping(): PongDto {
    return { message: 'pong' };
  }

  @Get('health')
  @ApiOperation({
    summary: 'Whether the program and its database work',
    description: 'For liveness probes. It says nothing of executors.',
  })
  @ApiResponse({ status: 200, type: HealthDto, description: 'both work' })
  @ApiResponse({ status: 503, type: HealthDto, description: 'the database does not answer' })
  async health(@Res() response: Response): Promise<void> {
    // A question that has to look into the file.
    const database = await this.reader.query('SELECT name FROM sqlite_master LIMIT 1').then(
      () => 'ok' as const,
      () => 'error' as const,
    );
    response
      .status(database === 'ok' ? 200 : 503)
      .json({ status: database, database, wire: WIRE_VERSION } satisfies HealthDto);
  }
}
