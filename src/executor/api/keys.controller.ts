import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { PayloadNotFoundError } from '../executor.errors';
import { PayloadsRepository, toWire } from '../payloads.repository';
import { RunnerService } from '../runner.service';
import { KEY_EXAMPLE, PayloadDto } from './payload.dto';
import { FAULT, PROCESSES_LEFT, refusal, TOKEN_MISSING } from './error-answers';

const KEY = ApiParam({
  name: 'key',
  description: 'what `X-Job-Key` said, or would say, when the job was submitted',
  example: KEY_EXAMPLE,
});

/** Payloads by the server's key: for a server that doesn't know whether its submission arrived. */
@ApiTags('keys')
@ApiBearerAuth()
@ApiResponse(TOKEN_MISSING)
@ApiResponse(FAULT)
@Controller('keys')
export class KeysController {
  constructor(
    private readonly payloads: PayloadsRepository,
    private readonly runner: RunnerService,
  ) {}

  @Get(':key')
  @ApiOperation({ summary: 'The payload of a key' })
  @KEY
  @ApiResponse({ status: 200, type: PayloadDto, description: 'the payload as it is now' })
  @ApiResponse(
    refusal(404, 'no submission of this key has arrived', `no payload of key ${KEY_EXAMPLE} on this executor`),
  )
  async find(@Param('key') key: string): Promise<PayloadDto> {
    const payload = await this.payloads.findByKey(key);
    if (!payload) {
      throw new PayloadNotFoundError(`of key ${key}`);
    }
    return toWire(payload);
  }

  @Post(':key/kill')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends the payload of a key; one that has not arrived yet is refused when it does' })
  @KEY
  @ApiResponse({ status: 200, description: 'ended, now or before, or refused from now on' })
  @ApiResponse(PROCESSES_LEFT)
  async kill(@Param('key') key: string): Promise<void> {
    const message = 'terminated before it arrived';
    const tombstone = await this.payloads.insert({
      key,
      jobId: null,
      walltime: null,
      loc: '',
      status: 'Killed',
      message,
    });
    if (tombstone) {
      return;
    }
    const payload = await this.payloads.findByKey(key);
    if (payload) {
      await this.runner.terminate(payload.id);
    }
  }
}
