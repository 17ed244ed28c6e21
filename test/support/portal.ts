import type { StatusBody } from '../../src/wire/status-body';
import { eventually, Hopeless } from './eventually';
import { fileParts, HttpAnswer, multipart, request, type FileMap, type Part, type RequestOptions } from './http';
import { ZipContents } from './zip';

export interface UploadForm {
  /** Default 1; `null` leaves the field out. */
  user?: number | string | null;
  /** Default: the first service of the server; `null` leaves the field out. */
  service?: string | null;
  fields?: Record<string, string>;
}

/** What `GET /jobs/{id}` answers. */
export interface JobDetails extends StatusBody {
  readonly user_id: number;
  readonly service: string;
  readonly [key: string]: unknown;
}

/** Where a job stays, but for `Cleaned`, which follows the others. */
const FINAL: readonly string[] = ['Completed', 'Failed', 'Invalid', 'Killed', 'Cleaned'];
/** Uses a server as a portal does: over HTTP. */
export abstract class Portal {
  constructor(private readonly defaultService: string) {}

  protected abstract get serverUrl(): string;

  async get(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return request(this.serverUrl + path, options);
  }

  async post(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return request(this.serverUrl + path, { method: 'POST', ...options });
  }

  async upload(files: FileMap, form: UploadForm = {}): Promise<HttpAnswer> {
    return this.uploadParts([...this.textParts(form), ...fileParts(files)]);
  }

  /** An upload with full control over its parts: nothing is added. */
  async uploadParts(parts: readonly Part[]): Promise<HttpAnswer> {
    const { headers, body } = multipart(parts);
    return this.post('/upload', { headers, body, timeoutMs: 60_000 });
  }

  /** The text parts that {@link upload} would send. */
  textParts(form: UploadForm = {}): Part[] {
    const user = form.user === undefined ? 1 : form.user;
    const service = form.service === undefined ? this.defaultService : form.service;
    const fields = { ...(user === null ? {} : { user_id: user }), ...(service === null ? {} : { service }) };
    return Object.entries({ ...fields, ...form.fields }).map(([name, value]) => ({ name, content: String(value) }));
  }

  /** Uploads a job; its id. @throws Error when it isn't accepted */
  async submit(files: FileMap | string, form: UploadForm = {}): Promise<number> {
    return acceptedId(await this.upload(typeof files === 'string' ? { 'run.sh': files } : files, form));
  }

  /** What a portal sees: `GET /download/{id}`, a zip being read as `Completed` and dropped. */
  async status(id: number): Promise<StatusBody> {
    const answer = await this.get(`/download/${id}`, { dropZip: true });
    if (answer.status === 200 && answer.isZip) {
      return { id, status: 'Completed', message: '' };
    }
    return answer.json<StatusBody>();
  }

  async job(id: number): Promise<JobDetails> {
    const answer = await this.get(`/jobs/${id}`);
    if (answer.status !== 200) {
      throw new Error(`GET /jobs/${id}: ${answer.brief()}`);
    }
    return answer.json<JobDetails>();
  }

  /** @throws Error at once when the job ends in another final state, or when the time is over */
  async waitFor(id: number, wanted: string | string[], timeoutMs = 30_000): Promise<JobDetails> {
    const goals = [wanted].flat();
    let seen = 'nothing';
    return eventually(
      async () => {
        const job = await this.job(id);
        seen = `job ${id} ${job.status}: ${job.message}`;
        if (goals.includes(job.status)) {
          return job;
        }
        if (FINAL.includes(job.status) && !(goals.includes('Cleaned') && job.status !== 'Cleaned')) {
          throw new Hopeless(`wanted ${goals.join(' or ')}, but ${seen}`);
        }
        return undefined;
      },
      { timeoutMs, lastSeen: () => `${seen} (wanted ${goals.join(' or ')})` },
    );
  }

  /** Waits for `Completed` and fetches the result. */
  async result(id: number, timeoutMs = 30_000): Promise<ZipContents> {
    await this.waitFor(id, 'Completed', timeoutMs);
    return zipOf(await this.get(`/download/${id}`));
  }

  async partial(id: number): Promise<ZipContents> {
    return zipOf(await this.get(`/download_partial/${id}`));
  }

  async terminate(id: number): Promise<HttpAnswer> {
    return this.post(`/terminate/${id}`, { timeoutMs: 60_000 });
  }
}

/** The id in the answer to an upload. @throws Error showing the answer when the upload wasn't accepted */
export function acceptedId(answer: HttpAnswer): number {
  if (answer.status !== 201) {
    throw new Error(`the upload was not accepted: ${answer.brief()}`);
  }
  return answer.json<StatusBody>().id;
}

async function zipOf(answer: HttpAnswer): Promise<ZipContents> {
  if (answer.status !== 200 || !answer.isZip) {
    throw new Error(`no zip but ${answer.brief()}`);
  }
  return ZipContents.read(answer.body);
}
