import { pipeline } from 'node:stream/promises';
import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { archiveDirectory } from '../../common/archive/archive-directory';
import { parseId } from '../../common/http/parse-id';
import { isReset } from '../../common/http/peer-gone';
import { NOTE_NAME } from '../../workload/archive-note';
import { AcceptPayloadService } from '../accept-payload.service';
import { PayloadNotFoundError } from '../executor.errors';
import { PayloadFiles } from '../payload-files';
import { PayloadRetention } from '../payload-retention.service';
import { hasEnded } from '../payload-state';
import { type PayloadRow, PayloadsRepository, toWire } from '../payloads.repository';
import { RunnerService } from '../runner.service';
import { PayloadDto } from './payload.dto';

const ZIP = { 'application/zip': { schema: { type: 'string', format: 'binary' } } } as const;

/** What servers ask of an executor: the contract with the Rust program's server. */
@ApiTags('payloads')
@Controller()
export class PayloadsController {
  constructor(
    private readonly acceptPayload: AcceptPayloadService,
    private readonly payloads: PayloadsRepository,
    private readonly files: PayloadFiles,
    private readonly runner: RunnerService,
    private readonly retention: PayloadRetention,
    private readonly logger: PinoLogger,
  ) {}

  @Post('submit')
  @HttpCode(200)
  @ApiOperation({ summary: 'Takes a job: its files, `run.sh` among them' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: { type: 'object', properties: { file: { type: 'array', items: { type: 'string', format: 'binary' } } } },
  })
  @ApiResponse({ status: 200, type: PayloadDto, description: 'taken (or known by its X-Job-Key already)' })
  @ApiResponse({ status: 400, type: PayloadDto, description: 'the form is not understood' })
  @ApiResponse({ status: 409, type: PayloadDto, description: 'its X-Job-Key was terminated before it arrived' })
  @ApiResponse({ status: 507, type: PayloadDto, description: 'the disk is full' })
  async submit(@Req() request: Request): Promise<PayloadDto> {
    const payload = await this.acceptPayload.accept(request);
    this.logger.assign({ payloadId: payload.id, jobId: payload.jobId ?? undefined });
    return toWire(payload);
  }

  @Get('retrieve/:id')
  @ApiOperation({ summary: 'The state of a payload, or its results once it is Completed' })
  @ApiResponse({
    status: 200,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/PayloadDto' } }, ...ZIP },
  })
  @ApiResponse({ status: 404, type: PayloadDto })
  async retrieve(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const payload = await this.require(id);
    if (payload.status === 'Completed') {
      await this.sendArchive(payload, request, response);
    } else {
      response.json(toWire(payload));
    }
  }

  @Get('retrieve_partial/:id')
  @ApiOperation({ summary: 'The working directory of a payload as it is now' })
  @ApiResponse({ status: 200, content: ZIP })
  @ApiResponse({ status: 404, type: PayloadDto })
  async retrievePartial(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.sendArchive(await this.require(id), request, response);
  }

  @Post('kill/:id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends a payload; answers once nothing of it can run any more' })
  @ApiResponse({ status: 200, description: 'ended, now or before; no body' })
  @ApiResponse({ status: 404, type: PayloadDto })
  async kill(@Param('id') id: string): Promise<void> {
    const payload = await this.require(id);
    await this.runner.terminate(payload.id);
  }

  @Delete('payloads/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Frees what the executor holds of an ended payload' })
  @ApiResponse({ status: 204, description: 'freed, now or before' })
  @ApiResponse({ status: 404, type: PayloadDto })
  @ApiResponse({ status: 409, type: PayloadDto, description: 'it has not ended yet' })
  async release(@Param('id') id: string): Promise<void> {
    await this.retention.release(parseId(id));
  }

  private async require(id: string): Promise<PayloadRow> {
    const payload = await this.payloads.find(parseId(id));
    if (!payload) {
      throw new PayloadNotFoundError(id);
    }
    return payload;
  }

  private async sendArchive(payload: PayloadRow, request: Request, response: Response): Promise<void> {
    const archive = archiveDirectory(this.files.archiveRoot(payload.loc), {
      live: !hasEnded(payload.status),
      noteName: NOTE_NAME,
    });
    response.type('application/zip');
    try {
      await pipeline(archive, response);
    } catch (error) {
      if (!isReset(error, request)) {
        throw error;
      }
    }
  }
}
