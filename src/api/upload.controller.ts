import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { PinoLogger } from 'nestjs-pino';
import { ACCEPTED_MESSAGE, AcceptUploadService } from '../jobs/accept-upload.service';
import { MOST_OF_A_JOB } from '../config/variables';
import { FAULT, refusal, statusAnswer } from './answers';
import type { StatusBodyDto } from './dto/status-body.dto';
import { WishesKept } from './wishes-kept.service';

/**
 * A wish in the form. Its example is empty on purpose: "Try it out" sends whatever is shown as one, and not every service
 * keeps every wish.
 */
const wish = (maximum: number, description: string) => ({
  type: 'integer',
  minimum: 1,
  maximum,
  description,
  example: '',
});

@ApiTags('jobs')
@Controller()
export class UploadController {
  constructor(
    private readonly acceptUpload: AcceptUploadService,
    private readonly wishesKept: WishesKept,
    private readonly logger: PinoLogger,
  ) {}

  @Post('upload')
  @HttpCode(201)
  @ApiOperation({
    summary: 'Uploads a job: its files, `run.sh` among them',
    description:
      'Every part with a file name is a file of the job, whatever the part is called. `run.sh` is run by bash in a ' +
      'directory that holds all of them. An upload without `run.sh` is accepted and ends `Invalid`.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'names this upload: a repeat with the same key and content gives the same job, for a day. Printable ASCII characters',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: 'order-4711',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['user_id', 'service'],
      properties: {
        user_id: {
          type: 'integer',
          format: 'int32',
          description: "the portal's number for its user, whose quota the job counts against",
          example: 1,
        },
        service: { type: 'string', description: 'name of a service, one of `GET /services`', example: 'example' },
        run_sh: {
          type: 'string',
          description:
            'the text of `run.sh`, for those who have no file at hand: at most 1 MiB, and not beside a file `run.sh`',
          example: '#!/bin/bash\necho "hello from job $JOB_ID" > hello.txt\n',
        },
        walltime: wish(
          MOST_OF_A_JOB.walltimeS,
          'seconds that `run.sh` may run, such as `3600`; then it is ended, and the job is `Failed`. At most ' +
            '`max_walltime` of `GET /services`',
        ),
        cpus: wish(
          MOST_OF_A_JOB.cpus,
          'CPUs that the job needs, such as `4`, of a service whose `wishes` has it. At most `max_cpus`',
        ),
        memory: wish(
          MOST_OF_A_JOB.memoryMiB,
          'memory in MiB that the job needs, such as `8192`, of a service whose `wishes` has it. At most ' +
            '`max_memory`',
        ),
        file: {
          type: 'array',
          items: { type: 'string', format: 'binary' },
          description: 'the files of the job. Directories in their names are dropped, and each name may come once',
          example: [],
        },
      },
    },
  })
  @statusAnswer(201, 'accepted: from now on it is not lost', { id: 1, status: 'Queued', message: ACCEPTED_MESSAGE })
  @refusal(400, 'the form is malformed, or a field is missing or wrong', 'Invalid service')
  @refusal(
    409,
    'the `Idempotency-Key` was used for another upload',
    'Idempotency-Key k-1 stands for another upload (job 1): fields or files differ',
  )
  @refusal(
    413,
    'more bytes or more files than allowed',
    'the form is too large: the limit is 419430400 bytes (400.0 MiB) in all',
  )
  @FAULT
  @refusal(503, 'the database is busy; the same upload may succeed later', 'the database is busy, try again')
  @refusal(507, 'the disk is full; the same upload may succeed later', 'no space is left on the disk, try again later')
  async upload(@Req() request: Request): Promise<StatusBodyDto> {
    const id = await this.acceptUpload.accept(request, (service) => this.wishesKept.ask(service));
    this.logger.assign({ jobId: id });
    return { id, status: 'Queued', message: ACCEPTED_MESSAGE };
  }
}
