import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { type ReceivedForm, receiveForm } from '../common/multipart/receive-form';
import { failpoint } from '../common/failpoint';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { RESERVED_NAMES, SCRIPT_NAME } from '../wire/protocol';
import { JobFiles } from './job-files';
import { hasWishes, type JobWishes, type KeptWishes, NO_WISHES, readWishes, WISH_FIELD_NAMES } from './job-wishes';
import { JobsRepository } from './jobs.repository';
import { digestUpload } from './digest-upload';
import { UploadFieldError } from './jobs.errors';
import { readUploadFields } from './upload-fields';

/** What the user is told of an accepted upload. */
export const ACCEPTED_MESSAGE = 'Job successfully uploaded';

/** A text field is never long, but for one: `run_sh` may hold a script. */
const MAX_FIELD_BYTES = 1024 * 1024;

/** Text of `run.sh`, in place of a file. */
const SCRIPT_FIELD = 'run_sh';

/** Fields that mean something to us. */
const KNOWN_FIELDS: readonly string[] = ['user_id', 'service', SCRIPT_FIELD, ...WISH_FIELD_NAMES];

/** Takes an upload in: from the first byte of the form to the committed row. */
@Injectable()
export class AcceptUploadService {
  constructor(
    private readonly files: JobFiles,
    private readonly jobs: JobsRepository,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /**
   * A repeat, known by its `Idempotency-Key`, gives the id of the first. Resolves with the job's id once files and row
   * would survive a power cut. On any error nothing is left behind.
   * @param keptBy which wishes the backend of a service keeps; asked only about an upload that has some
   * @throws BadFormError | FormTooLargeError | RequestAbortedError | UploadFieldError, and the disk's own errors
   */
  async accept(request: IncomingMessage, keptBy: (service: string) => Promise<KeptWishes>): Promise<number> {
    const key = readUploadKey(request);
    const staging = this.files.openStaging(randomUUID());
    try {
      const form = await receiveForm(request, {
        directory: staging.inputDir,
        limits: {
          maxBytes: this.config.maxUploadBytes,
          maxFiles: this.config.maxUploadFiles,
          maxFieldBytes: MAX_FIELD_BYTES,
        },
        reservedNames: RESERVED_NAMES,
        durable: true,
        onField: refuseRepeated(),
      });
      await addScriptText(form, staging.inputDir);
      const { userId, service } = readUploadFields(form.fields);
      const uploadKey = key === null ? null : { key, content: await digestUpload(form, staging.inputDir) };
      // First of all: what was accepted once is not refused because limits have changed since.
      const known = uploadKey && (await this.jobs.findUpload(uploadKey));
      if (known !== null) {
        await this.files.discard(staging);
        return known;
      }
      const wishes = await this.readWishes(form, service, keptBy);
      failpoint('upload:received');
      const loc = await this.files.publish(staging);
      failpoint('upload:published');
      const job = { userId, service, loc, key: staging.key, message: '', ...wishes };
      const { id, isRepeat } = await this.jobs.insert(job, uploadKey);
      failpoint('upload:committed');
      if (!isRepeat) {
        this.files.noteId(loc, id);
      }
      if (isRepeat) {
        await this.files.discard(staging);
      }
      return id;
    } catch (error) {
      await this.files.discard(staging);
      throw error;
    }
  }

  private async readWishes(
    form: ReceivedForm,
    service: string,
    keptBy: (service: string) => Promise<KeptWishes>,
  ): Promise<JobWishes> {
    const config = this.config.services.get(service);
    if (!config) {
      throw new UploadFieldError('service', 'Invalid service');
    }
    return hasWishes(form.fields) ? readWishes(form.fields, config, await keptBy(service)) : NO_WISHES;
  }
}

/** A portal's name for this upload. */
const UPLOAD_KEY_HEADER = 'idempotency-key';
const UPLOAD_KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

function readUploadKey(request: IncomingMessage): string | null {
  const value = request.headers[UPLOAD_KEY_HEADER];
  if (value === undefined) {
    return null;
  }
  if (typeof value !== 'string' || !UPLOAD_KEY_PATTERN.test(value)) {
    throw new UploadFieldError('Idempotency-Key', 'Idempotency-Key: must be 1 to 255 printable ASCII characters');
  }
  return value;
}

/** A field that counts and is there twice: nobody knows which is meant. */
function refuseRepeated(): (name: string) => void {
  const seen = new Set<string>();
  return (name) => {
    if (KNOWN_FIELDS.includes(name) && seen.has(name)) {
      throw new UploadFieldError(name, `${name}: is in the form more than once`);
    }
    seen.add(name);
  };
}

/** A form may bring its script as text (`run_sh`): in Swagger UI nobody has a file at hand. */
async function addScriptText(form: ReceivedForm, directory: string): Promise<void> {
  const text = form.fields.get(SCRIPT_FIELD);
  if (text === undefined || text === '') {
    return;
  }
  if (form.files.some((file) => file.name === SCRIPT_NAME)) {
    throw new UploadFieldError(
      SCRIPT_FIELD,
      `${SCRIPT_FIELD}: there is a file ${SCRIPT_NAME} already, send one of them`,
    );
  }
  // Browsers send the lines of a text field with CRLF.
  const handle = await open(join(directory, SCRIPT_NAME), 'wx');
  try {
    await handle.writeFile(text.replaceAll('\r\n', '\n'));
    await handle.sync();
  } finally {
    await handle.close();
  }
}
