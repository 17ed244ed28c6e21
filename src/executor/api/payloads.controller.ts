import { pipeline } from 'node:stream/promises';
import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { archiveDirectory } from '../../common/archive/archive-directory';
import { parseId } from '../../common/http/parse-id';
import { isReset } from '../../common/http/peer-gone';
import { NOTE_NAME } from '../../workload/archive-note';
import { AcceptPayloadService } from '../accept-payload.service';
import { PayloadFilesGoneError, PayloadNotFoundError } from '../executor.errors';
import { PayloadFiles } from '../payload-files';
import { PayloadRetention } from '../payload-retention.service';
import { hasEnded } from '../payload-state';
import { idsOf, type PayloadRow, PayloadsRepository, toWire } from '../payloads.repository';
import { RunnerService } from '../runner.service';
import { BAD_ID, FAULT, ID, KEY_TERMINATED, PROCESSES_LEFT, refusal, TOKEN_MISSING, UNKNOWN } from './error-answers';
import { KEY_EXAMPLE, PayloadDto } from './payload.dto';

const ZIP = { 'application/zip': { schema: { type: 'string', format: 'binary' } } } as const;

/** What servers ask of an executor: the contract with the Rust program's server. */
@ApiTags('payloads')
@ApiBearerAuth()
@ApiResponse(TOKEN_MISSING)
@ApiResponse(FAULT)
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
  @ApiHeader({
    name: 'X-Job-Key',
    required: false,
    description: 'key of the job, made by the server: what carries one that was seen before starts nothing',
    example: KEY_EXAMPLE,
  })
  @ApiHeader({
    name: 'X-Job-Id',
    required: false,
    description: 'id under which the portal knows the job; becomes `JOB_ID` in its environment',
    example: '1',
  })
  @ApiHeader({
    name: 'X-Job-Walltime',
    required: false,
    description: 'milliseconds that `run.sh` may run',
    schema: { type: 'integer', minimum: 1 },
    example: 3_600_000,
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      properties: {
        file: {
          type: 'array',
          items: { type: 'string', format: 'binary' },
          description: 'the files of the job; the parts may have any name. Their sizes have no limit',
        },
      },
    },
  })
  @ApiResponse({ status: 200, type: PayloadDto, description: 'taken, or known by its `X-Job-Key` already' })
  @ApiResponse(
    refusal(
      400,
      'the form or a header is not understood',
      'two files have the name "run.sh" (directories are dropped)',
    ),
  )
  @ApiResponse(KEY_TERMINATED)
  @ApiResponse(refusal(507, 'the disk is full', 'no space is left on the disk, try again later'))
  async submit(@Req() request: Request): Promise<PayloadDto> {
    const payload = await this.acceptPayload.accept(request);
    this.logger.assign(idsOf(payload));
    return toWire(payload);
  }

  @Get('retrieve/:id')
  @ApiOperation({ summary: 'The results of a completed payload; else its state' })
  @ApiResponse({
    status: 200,
    description: 'the result archive, again and again; or the state of a payload that is not `Completed`',
    content: { 'application/json': { schema: { $ref: getSchemaPath(PayloadDto) } }, ...ZIP },
  })
  @ID
  @ApiResponse(BAD_ID)
  @ApiResponse(UNKNOWN)
  @ApiResponse(
    refusal(500, 'its results are not there: no disk, or a lost one', 'the files of payload 17 are not there any more'),
  )
  async retrieve(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const payload = await this.require(id);
    if (payload.status === 'Completed') {
      if (!this.files.has(payload.loc)) {
        throw new PayloadFilesGoneError(payload.id);
      }
      await this.sendArchive(payload, request, response);
    } else {
      response.json(toWire(payload));
    }
  }

  @Get('retrieve_partial/:id')
  @ApiOperation({ summary: 'The working directory of a payload as it is now' })
  @ApiResponse({ status: 200, description: 'the working directory as a zip', content: ZIP })
  @ID
  @ApiResponse(BAD_ID)
  @ApiResponse(UNKNOWN)
  async retrievePartial(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.sendArchive(await this.require(id), request, response);
  }

  @Post('kill/:id')
  @HttpCode(200)
  @ApiOperation({ summary: 'Ends a payload; answers once nothing of it can run any more' })
  @ApiResponse({ status: 200, description: 'ended, now or before' })
  @ID
  @ApiResponse(BAD_ID)
  @ApiResponse(UNKNOWN)
  @ApiResponse(PROCESSES_LEFT)
  async kill(@Param('id') id: string): Promise<void> {
    const payload = await this.require(id);
    await this.runner.terminate(payload.id);
  }

  @Delete('payloads/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Frees what the executor holds of an ended payload' })
  @ApiResponse({ status: 204, description: 'freed, now or before' })
  @ID
  @ApiResponse(BAD_ID)
  @ApiResponse(UNKNOWN)
  @ApiResponse(refusal(409, 'it has not ended yet', 'payload 17 has not ended yet'))
  async release(@Param('id') id: string): Promise<void> {
    await this.retention.release((await this.require(id)).id);
  }

  private async require(id: string): Promise<PayloadRow> {
    const payload = await this.payloads.find(parseId(id));
    if (!payload) {
      throw new PayloadNotFoundError(id);
    }
    this.logger.assign(idsOf(payload));
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
