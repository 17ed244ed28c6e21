import { Controller, Get, Header } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CpuLoad } from '../cpu-load';
import { FAULT, TOKEN_MISSING } from './error-answers';

@ApiTags('executor')
@ApiBearerAuth()
@ApiResponse(TOKEN_MISSING)
@ApiResponse(FAULT)
@Controller()
export class LoadController {
  constructor(private readonly load: CpuLoad) {}

  @Get('load')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOperation({ summary: 'CPU use of the machine' })
  @ApiResponse({
    status: 200,
    description: 'percent of all CPUs, a bare number',
    schema: { type: 'number', minimum: 0, maximum: 100, example: 12.5 },
  })
  read(): string {
    // As text: Nest would take a bare number for a status code's body.
    return JSON.stringify(Math.round(this.load.read() * 100) / 100);
  }
}
