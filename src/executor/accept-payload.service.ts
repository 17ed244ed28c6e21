import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { receiveForm } from '../common/multipart/receive-form';
import { failpoint } from '../common/failpoint';
import { JOB_ID_HEADER, JOB_KEY_HEADER, JOB_WALLTIME_HEADER, RESERVED_NAMES } from '../wire/protocol';
import { BadRequestError, KeyTerminatedError } from './executor.errors';
import { PayloadFiles } from './payload-files';
import { type PayloadRow, PayloadsRepository } from './payloads.repository';
import { RunnerService } from './runner.service';

/** Text fields mean nothing to an executor. */
const MAX_FIELD_BYTES = 1024 * 1024;

/** A key is the server's UUID; anything that can stand in an environment and a log without harm will do. */
const KEY_PATTERN = /^[A-Za-z0-9._-]{8,128}$/;
const ID_PATTERN = /^\d{1,19}$/;
const WALLTIME_PATTERN = /^[1-9]\d{0,14}$/;

/** Takes a submission in: from the first byte of the form to the committed row. */
@Injectable()
export class AcceptPayloadService {
  constructor(
    private readonly files: PayloadFiles,
    private readonly payloads: PayloadsRepository,
    private readonly runner: RunnerService,
  ) {}

  /**
   * Resolves with the payload once it would survive a power cut. A key that was seen before answers with the payload
   * that it has, and starts nothing. On any error nothing is left behind.
   * @throws KeyTerminatedError when the key was terminated before
   */
  async accept(request: IncomingMessage): Promise<PayloadRow> {
    const sentKey = readHeader(request, JOB_KEY_HEADER, KEY_PATTERN);
    const jobId = readHeader(request, JOB_ID_HEADER, ID_PATTERN);
    const walltime = readHeader(request, JOB_WALLTIME_HEADER, WALLTIME_PATTERN);
    const known = sentKey === null ? null : await this.payloads.findByKey(sentKey);
    if (known) {
      return refuseTombstone(known);
    }
    const name = randomUUID();
    const directory = this.files.openStaging(name);
    try {
      await receiveForm(request, {
        directory,
        limits: { maxBytes: null, maxFiles: null, maxFieldBytes: MAX_FIELD_BYTES },
        reservedNames: RESERVED_NAMES,
        durable: true,
      });
      const loc = await this.files.publish(name);
      failpoint('accept:published');
      const key = sentKey ?? name;
      const payload = await this.payloads.insert({
        key,
        jobId,
        walltime: walltime === null ? null : Number(walltime),
        loc,
        status: 'Prepared',
        message: this.runner.waitReason(),
      });
      if (payload) {
        failpoint('accept:committed');
        this.runner.enqueue(payload);
        return payload;
      }
    } catch (error) {
      await this.files.discard(name);
      throw error;
    }
    // Another submission of this key was first.
    await this.files.discard(name);
    const first = sentKey === null ? null : await this.payloads.findByKey(sentKey);
    if (!first) {
      throw new Error('a submission was refused for a key that nobody has');
    }
    return refuseTombstone(first);
  }
}

function refuseTombstone(payload: PayloadRow): PayloadRow {
  if (payload.loc === '') {
    throw new KeyTerminatedError(payload);
  }
  return payload;
}

function readHeader(request: IncomingMessage, name: string, pattern: RegExp): string | null {
  const value = request.headers[name];
  if (value === undefined) {
    return null;
  }
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new BadRequestError(`header ${name}: must match ${pattern.source}`);
  }
  return value;
}
