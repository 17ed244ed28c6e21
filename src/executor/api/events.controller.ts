import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { readJsonBody } from '../../common/http/read-json-body';
import type { Payload } from '../../wire/payload';
import { HEARTBEAT_MS, MAX_QUERY_IDS } from '../../wire/protocol';
import { BadRequestError } from '../executor.errors';
import { PayloadEvents } from '../payload-events';
import { PayloadsRepository, toWire } from '../payloads.repository';
import { PayloadDto } from './payload.dto';
import { FAULT, refusal, TOKEN_MISSING } from './error-answers';

const MAX_QUERY_BYTES = 64 * 1024;

/** A server that reads too slowly is cut off; it asks for all states when it comes back. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** How servers learn of changes: pushed as they happen, or asked for many at once. */
@ApiTags('events')
@ApiBearerAuth()
@ApiResponse(TOKEN_MISSING)
@ApiResponse(FAULT)
@Controller()
export class EventsController {
  constructor(
    private readonly events: PayloadEvents,
    private readonly payloads: PayloadsRepository,
  ) {}

  @Get('events')
  @ApiOperation({
    summary: 'Pushes each change of a payload as a line of JSON',
    description:
      `The answer does not end. Every ${HEARTBEAT_MS / 1000} seconds an empty line says that the connection lives. A ` +
      'reader that is too slow is cut off.',
  })
  @ApiResponse({
    status: 200,
    description: 'a Payload a line, as it is after the change',
    content: { 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  stream(@Req() request: Request, @Res() response: Response): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.write('\n');
    const changes = this.events.changed.subscribe((payload) => {
      response.write(`${JSON.stringify(payload)}\n`);
      if (response.writableLength > MAX_BUFFERED_BYTES) {
        response.destroy();
      }
    });
    const heartbeat = setInterval(() => response.write('\n'), HEARTBEAT_MS);
    request.once('close', () => {
      changes.unsubscribe();
      clearInterval(heartbeat);
    });
  }

  @Post('payloads/query')
  @HttpCode(200)
  @ApiOperation({ summary: 'The states of many payloads; ids that are not known are left out' })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['ids'],
      properties: {
        ids: {
          type: 'array',
          items: { type: 'integer' },
          maxItems: MAX_QUERY_IDS,
          description: 'numbers of the payloads',
          example: [17, 18],
        },
      },
    },
  })
  @ApiResponse({ status: 200, type: [PayloadDto], description: 'those that are known' })
  @ApiResponse(
    refusal(
      400,
      'the body is not such a list, or longer than 64 KiB',
      `ids: must be a list of at most ${MAX_QUERY_IDS} integers`,
    ),
  )
  async query(@Req() request: Request): Promise<Payload[]> {
    const ids = readIds(await readJsonBody(request, MAX_QUERY_BYTES));
    return (await this.payloads.findMany(ids)).map(toWire);
  }
}

function readIds(body: unknown): number[] {
  const ids: unknown = typeof body === 'object' && body !== null && 'ids' in body ? body.ids : undefined;
  const isValid = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length <= MAX_QUERY_IDS && list.every((id) => Number.isSafeInteger(id));
  if (!isValid(ids)) {
    throw new BadRequestError(`ids: must be a list of at most ${MAX_QUERY_IDS} integers`);
  }
  return ids;
}
