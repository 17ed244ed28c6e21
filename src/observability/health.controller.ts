import { Controller, Get, Header, Res } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { DataSource } from 'typeorm';
import { READER } from '../database/data-source';
import { WIRE_VERSION } from '../wire/protocol';

const example = (database: 'ok' | 'error') => ({
  status: database,
  database,
  wire: WIRE_VERSION,
});

/** Whether the program answers, and its database. The same in both modes. */
@ApiTags('health')
@Controller()
export class HealthController {
  constructor(@InjectDataSource(READER) private readonly reader: DataSource) {}

  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'Answers' })
  @ApiResponse({ status: 200, schema: { type: 'object', example: { message: 'pong' } } })
  ping(): { message: string } {
    return { message: 'pong' };
  }

  @Get('health')
  @ApiOperation({ summary: 'Whether the program and its database work' })
  @ApiResponse({ status: 200, schema: { type: 'object', example: example('ok') } })
  @ApiResponse({
    status: 503,
    description: 'the database does not answer',
    schema: { type: 'object', example: example('error') },
  })
  async health(@Res() response: Response): Promise<void> {
    const database = await this.reader.query('SELECT 1').then(
      () => 'ok' as const,
      () => 'error' as const,
    );
    response.status(database === 'ok' ? 200 : 503).json(example(database));
  }
}
