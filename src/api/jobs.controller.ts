import { pipeline } from 'node:stream/promises';
import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { parseId } from '../common/http/parse-id';
import { isReset } from '../common/http/peer-gone';
import { sendZipFile } from '../common/http/send-zip-file';
import { announceZip } from '../common/http/zip-headers';
import { GetPartialResults } from '../dispatch/partial-results.service';
import { Terminator } from '../dispatch/terminator.service';
import { isFinal } from '../jobs/job-state';
import type { Job } from '../jobs/jobs.repository';
import { MoveWatch } from '../jobs/move-watch.service';
import { FAULT, refusal, statusAnswer } from './answers';
import { DescribeJob } from './describe-job.service';
import { JobDetailsDto } from './dto/job-details.dto';
import { StatusBodyDto } from './dto/status-body.dto';
import { MAX_WAIT_SECONDS, readWaitSeconds } from './wait-parameter';

const ZIP = { 'application/zip': { schema: { type: 'string', format: 'binary' } } } as const;

const ID = ApiParam({
  name: 'id',
  type: 'integer',
  description: 'id of the job, as its upload was answered',
  example: 1,
});
const NO_ID_MESSAGE = 'id: "abc" is not a number of a job';
const NO_ID = refusal(400, 'not an id', NO_ID_MESSAGE);
const NO_JOB = refusal(404, 'no such job', 'Job 7 not found in the database');

@ApiTags('jobs')
@Controller()
export class JobsController {
  constructor(
    private readonly describe: DescribeJob,
    private readonly partialResults: GetPartialResults,
    private readonly terminator: Terminator,
    private readonly moves: MoveWatch,
  ) {}

  @Get('download/:id')
  @ApiOperation({
    summary: 'The results of a completed job; else its state',
    description:
      'The content type alone tells which: `application/zip` only once the job is `Completed`. Both come with the ' +
      'status 200.',
  })
  @ID
  @ApiQuery({
    name: 'wait',
    required: false,
    schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_SECONDS, default: 0 },
    description:
      'seconds to wait for the next change of the state of a job that has not ended, in place of polling; then, or when ' +
      'they are over, the answer follows',
  })
  @ApiResponse({
    status: 200,
    description: 'the result archive, or the state of a job that is not `Completed`',
    headers: {
      'Content-Length': { description: 'bytes of the body: what has fewer was cut short', schema: { type: 'integer' } },
      'Content-Disposition': {
        description: 'of an archive: a file name, by which browsers store it',
        schema: { type: 'string', example: 'attachment; filename="job-1.zip"' },
      },
    },
    content: {
      ...ZIP,
      'application/json': {
        schema: { $ref: getSchemaPath(StatusBodyDto) },
        example: { id: 1, status: 'Running', message: '' },
      },
    },
  })
  @refusal(400, 'not an id, or a `wait` that is out of its range', NO_ID_MESSAGE)
  @NO_JOB
  @FAULT
  async download(
    @Param('id') id: string,
    @Query('wait') wait: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const job = await this.find(parseId(id), readWaitSeconds(wait), response);
    if (job.status === 'Completed') {
      await sendZipFile(this.describe.archivePathOf(job), `job-${job.id}.zip`, request, response);
    } else {
      response.json(this.describe.statusOf(job));
    }
  }

  /** The job; one that has not ended, once its state has changed or the time is over. */
  private async find(id: number, waitSeconds: number, response: Response): Promise<Job> {
    if (waitSeconds === 0) {
      return this.describe.require(id);
    }
    const over = new AbortController();
    response.once('close', () => over.abort());
    try {
      // Before the look at the job: it may move between the two.
      const moved = this.moves.next(id, waitSeconds * 1000, over.signal);
      const job = await this.describe.require(id);
      if (isFinal(job.status)) {
        return job;
      }
      await moved;
      return await this.describe.require(id);
    } finally {
      over.abort();
    }
  }

  @Get('download_partial/:id')
  @ApiOperation({
    summary: 'The files of a job as they are now, whatever its state',
    description: 'After the end they are as they were at the end; so the files of a failed job can be fetched, too.',
  })
  @ID
  @ApiResponse({ status: 200, description: 'the working directory as a zip', content: ZIP })
  @statusAnswer(400, 'not an id, or its service is configured no longer', {
    id: 1,
    status: 'Running',
    message: 'service old is not configured any more',
  })
  @statusAnswer(
    404,
    'no such job, not yet on an executor, its files are removed, or its backend gives none before the end',
    {
      id: 1,
      status: 'Queued',
      message: 'it has not reached an executor, there are no files yet',
    },
  )
  @statusAnswer(500, 'the executor could not be asked', {
    id: 1,
    status: 'Running',
    message: 'executor: connection refused',
  })
  async downloadPartial(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const jobId = parseId(id);
    const found = await this.partialResults.get(jobId, gone.signal);
    const name = `job-${jobId}-partial.zip`;
    if ('archivePath' in found) {
      await sendZipFile(found.archivePath, name, request, response);
      return;
    }
    announceZip(response, name);
    try {
      await pipeline(found.stream, response);
    } catch (error) {
      if (!isReset(error, request)) {
        throw error;
      }
    }
  }

  @Post('terminate/:id')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ends a job; answers once nothing of it can run any more',
    description: 'Jobs that wait can be ended, too. It needs no body, and may take up to 35 seconds.',
  })
  @ID
  @statusAnswer(200, 'terminated, now or before', { id: 1, status: 'Killed', message: 'job terminated' })
  @NO_ID
  @NO_JOB
  @statusAnswer(409, 'it has ended by itself; state and results stay', {
    id: 1,
    status: 'Completed',
    message: 'job 1 has ended already: Completed',
  })
  @statusAnswer(500, 'not confirmed in time; it is carried out as soon as the executor answers', {
    id: 1,
    status: 'Locked',
    message: 'could not terminate job',
  })
  async terminate(@Param('id') text: string): Promise<StatusBodyDto> {
    const id = parseId(text);
    await this.terminator.terminate(id);
    return { id, status: 'Killed', message: 'job terminated' };
  }

  @Get('jobs/:id')
  @ApiOperation({ summary: 'All that there is to know of a job, without starting a download' })
  @ID
  @ApiResponse({ status: 200, type: JobDetailsDto, description: 'the job as it is now' })
  @NO_ID
  @NO_JOB
  @FAULT
  async details(@Param('id') id: string): Promise<JobDetailsDto> {
    return this.describe.detailsOf(await this.describe.require(parseId(id)));
  }
}
