import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../../test/support/eventually';
import { recordedHttp } from '../../../../test/support-slurm/recorded';
import { EndpointUrl } from '../../../config/endpoint-url';
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../../backend.errors';
import { SlurmLimitError } from '../slurm-errors';
import type { SubmitRequest } from '../submit-request';
import { RestTransport } from './rest-transport';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const SIGNAL = new AbortController().signal;
const REQUEST = { name: 'jo-k', options: [], script: '#!' } as unknown as SubmitRequest;
const OPENAPI = JSON.stringify({ paths: { '/slurm/v0.0.38/jobs': {}, '/slurmdb/v0.0.38/jobs': {} } });

let root: string;
let tokenFile: string;
let server: Server;
let handler: Handler;
let openapi: Handler;
let seen: { path: string; token: string; user: string }[];
let transport: RestTransport;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slurm-rest-'));
  tokenFile = join(root, 'token');
  writeFileSync(tokenFile, 'SLURM_JWT=first.token.x\n');
  seen = [];
  handler = (_, response) => response.end('{}');
  openapi = (_, response) => response.end(OPENAPI);
  server = createServer((request, response) => {
    const header = (name: string) => String(request.headers[name]);
    const path = request.url ?? '';
    seen.push({ path, token: header('x-slurm-user-token'), user: header('x-slurm-user-name') });
    if (path === '/prefix/openapi/v3') {
      openapi(request, response);
    } else {
      handler(request, response);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`;
  transport = new RestTransport({ url: EndpointUrl.parse(url), user: 'portal', tokenFile });
});
afterEach(() => {
  transport.close();
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});

function answering(status: number, body: unknown): Handler {
  return (_, response) => {
    response.statusCode = status;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

async function submitFault(): Promise<unknown> {
  return transport.submit(REQUEST, false, SIGNAL).then(
    (jobId) => jobId,
    (error: unknown) => error,
  );
}

describe('slurmrestd', () => {
  it('is asked below its address, as its user, with the token of the file', async () => {
    handler = answering(200, { jobs: [] });
    expect(await transport.list(SIGNAL)).toEqual({ jobs: [], unreadable: [] });
    expect(seen.at(-1)).toEqual({ path: '/prefix/slurm/v0.0.38/jobs', token: 'first.token.x', user: 'portal' });
  });

  it('is asked with a new token as soon as the file has one', async () => {
    handler = answering(200, { jobs: [] });
    await transport.list(SIGNAL);
    writeFileSync(tokenFile, 'second.token.x');
    await transport.list(SIGNAL);
    expect(seen.at(-1)?.token).toBe('second.token.x');
  });

  it.each([
    [401, 'Authentication failure'],
    [500, recordedHttp('down-ping-v0.0.38.http').body],
  ])(
    'that refuses a token (%s) is asked again with what the file says now, even if it looks unchanged',
    async (status, body) => {
      const when = new Date(1_700_000_000_000);
      utimesSync(tokenFile, when, when);
      handler = (request, response) => {
        if (request.headers['x-slurm-user-token'] === 'first.token.x') {
          writeFileSync(tokenFile, 'SLURM_JWT=newer.token.x\n');
          utimesSync(tokenFile, when, when);
          answering(status, body)(request, response);
        } else {
          answering(200, { pings: [{ hostname: 'a', ping: 'UP' }] })(request, response);
        }
      };
      await transport.ping(SIGNAL);
      expect(seen.at(-1)?.token).toBe('newer.token.x');
    },
  );

  /** Answers the first submission so while somebody renews the token, and takes any other. */
  function takingTheSecond(status: number, body: unknown): void {
    handler = (request, response) => {
      if (request.headers['x-slurm-user-token'] === 'first.token.x') {
        writeFileSync(tokenFile, 'SLURM_JWT=newer.token.x\n');
        answering(status, body)(request, response);
      } else {
        answering(200, { job_id: 16 })(request, response);
      }
    };
  }

  it.each([
    [401, 'Authentication failure'],
    [500, { errors: [{ error_number: 1007, error: 'Protocol authentication error' }] }],
  ])('that surely refused the token (%s, %j) is sent the job again with the new one', async (status, body) => {
    takingTheSecond(status, body);
    expect(await submitFault()).toBe(16);
  });

  it.each([5004, 5005, 1802, -1])(
    'that may have taken the job (%s) is not sent it again, whatever became of the token meanwhile',
    async (number) => {
      takingTheSecond(500, { errors: [{ error_number: number, error: 'no answer' }] });
      expect(await submitFault()).toBeInstanceOf(BackendUnclearError);
      expect(seen.filter(({ path }) => path.endsWith('/job/submit'))).toHaveLength(1);
    },
  );

  it('is asked for its versions once for all, of whom none can end that for the others', async () => {
    let release = (): void => undefined;
    openapi = (_, response) => (release = () => response.end(OPENAPI));
    handler = answering(200, { jobs: [] });
    const first = new AbortController();
    const aborted = transport.list(first.signal);
    const waiting = transport.list(SIGNAL);
    await eventually(() => seen.length > 0);
    first.abort();
    await expect(aborted).rejects.toThrow(BackendUnavailableError);
    release();
    expect(await waiting).toEqual({ jobs: [], unreadable: [] });
    expect(seen.map(({ path }) => path)).toEqual(['/prefix/openapi/v3', '/prefix/slurm/v0.0.38/jobs']);
  });

  it('ends the question for its versions when the program stops', async () => {
    openapi = () => undefined;
    const waiting = transport.list(SIGNAL);
    await eventually(() => seen.length > 0);
    transport.close();
    await expect(waiting).rejects.toThrow(BackendUnavailableError);
  });

  describe('and its accounting', () => {
    const ended = (jobId: number) => ({ job_id: jobId, name: `jo-${jobId}`, state: { current: 'COMPLETED' } });
    const asked = () => seen.filter(({ path }) => path.includes('slurmdb')).map(({ path }) => path);

    it('are asked for many jobs at once, a hundred in a request', async () => {
      handler = (request, response) => {
        const steps = new URL(request.url ?? '', 'http://x').searchParams.get('step') ?? '';
        answering(200, { jobs: steps.split(',').map((id) => ended(Number(id))) })(request, response);
      };
      const jobIds = Array.from({ length: 250 }, (_, index) => index + 1);
      const found = await transport.past({ jobIds }, SIGNAL);
      expect(found?.jobs.map(({ jobId }) => jobId)).toEqual(jobIds);
      expect(asked()).toHaveLength(3);
      expect(asked()[2]).toMatch(/^\/prefix\/slurmdb\/v0\.0\.38\/jobs\?step=201%2C202%2C/);
    });

    it('that give one odd answer keep the others, and what is left out is not taken for unknown', async () => {
      handler = (request, response) =>
        request.url?.includes('step=1%2C')
          ? answering(500, { errors: [{ error_number: 7000, error: 'Unable to connect to database' }] })(
              request,
              response,
            )
          : answering(200, { jobs: [ended(101)] })(request, response);
      const found = await transport.past({ jobIds: Array.from({ length: 101 }, (_, index) => index + 1) }, SIGNAL);
      expect(found?.jobs.map(({ jobId }) => jobId)).toEqual([101]);
      expect(found?.unreadable).toEqual([expect.stringContaining('Unable to connect to database')]);
    });

    it('that know some of the jobs tell how these ended', async () => {
      handler = answering(200, recordedHttp('slurmdb-jobs-v0.0.38.http').body);
      const found = await transport.past({ jobIds: [4555, 4556, 4557, 4558, 4559, 4560] }, SIGNAL);
      expect(found?.unreadable).toEqual([]);
      expect(found?.jobs.map(({ jobId, words }) => [jobId, ...words])).toEqual([
        [4555, 'COMPLETED'],
        [4556, 'FAILED'],
        [4557, 'FAILED'],
        [4558, 'CANCELLED'],
        [4559, 'RUNNING'],
      ]);
    });

    it('that know none of the jobs say so with an error', async () => {
      const { status, body } = recordedHttp('slurmdb-none-v0.0.38.http');
      handler = answering(status, body);
      expect(await transport.past({ jobIds: [7] }, SIGNAL)).toEqual({ jobs: [], unreadable: [] });
      expect(await transport.past({ name: 'jo-7' }, SIGNAL)).toEqual({ jobs: [], unreadable: [] });
    });

    it('that have no database do not say of any job that they know none', async () => {
      const { status, body } = recordedHttp('down-slurmdb-v0.0.38.http');
      handler = answering(status, body);
      const found = await transport.past({ jobIds: [7] }, SIGNAL);
      expect(found).toEqual({ jobs: [], unreadable: [expect.stringContaining('Unable to connect to database')] });
      await expect(transport.past({ name: 'jo-7' }, SIGNAL)).rejects.toThrow(BackendUnavailableError);
    });

    it('find no name to be unknown in a list that cannot be read', async () => {
      handler = answering(200, { jobs: [ended(0)] });
      await expect(transport.past({ name: 'jo-7' }, SIGNAL)).rejects.toThrow(/can't be read/);
    });
  });

  it('is not asked at all without a token, and no message shows one', async () => {
    writeFileSync(tokenFile, 'two words\n');
    await expect(transport.ping(SIGNAL)).rejects.toThrow(/holds no token/);
    rmSync(tokenFile);
    await expect(transport.ping(SIGNAL)).rejects.toThrow(/ENOENT/);
    expect(seen).toEqual([]);
    writeFileSync(tokenFile, 'first.token.x');
    handler = answering(401, 'Authentication failure');
    await expect(transport.ping(SIGNAL)).rejects.toThrow(/^(?!.*first).*answered 401: Authentication failure/);
  });

  it('is said to refuse the token when it answers so twice, at once, and not when it can only be the controller', async () => {
    handler = answering(500, recordedHttp('down-ping-v0.0.38.http').body);
    expect(await transport.refusal(SIGNAL)).toMatch(/^slurmrestd answered 500: /);
    handler = answering(401, 'Authentication failure');
    expect(await transport.refusal(SIGNAL)).toBe('slurmrestd answered 401: Authentication failure');
    handler = answering(200, { pings: [{ hostname: 'a', ping: 'DOWN' }] });
    expect(await transport.refusal(SIGNAL)).toBeNull();
    handler = () => undefined;
    expect(await transport.refusal(SIGNAL)).toBeNull();
    server.closeAllConnections();
    server.close();
    expect(await transport.refusal(SIGNAL)).toBeNull();
  });

  it('takes a job, also with a warning beside its id', async () => {
    handler = answering(200, { job_id: 15, errors: [{ error_code: 2015, error: 'not now' }] });
    expect(await submitFault()).toBe(15);
  });

  it.each([
    [
      500,
      { errors: [{ error_code: 2000, error: 'Invalid partition name specified' }] },
      BackendRejectedError,
      /Invalid partition name/,
    ],
    [
      400,
      { errors: [{ description: 'Unknown key "nope"' }, { error_code: 9001, error: 'Failure during parsing' }] },
      BackendRejectedError,
      /Unknown key "nope"/,
    ],
    [
      500,
      { errors: [{ error_number: 1800, error: 'Unable to contact slurm controller' }] },
      BackendUnavailableError,
      /Unable to contact/,
    ],
    [500, recordedHttp('limit-submit-v0.0.38.http').body, SlurmLimitError, /policy/],
    [401, 'Authentication failure', BackendUnavailableError, /401: Authentication failure/],
    [500, { errors: [{ error_number: -1, error: 'Unspecified error' }] }, BackendUnclearError, /Unspecified error/],
    [504, '<html>gateway</html>', BackendUnclearError, /answered 504/],
    [200, '{"job_', BackendUnclearError, /answered 200/],
  ])('that answers a submission with %s %j gets no wrong word from us', async (status, body, kind, text) => {
    handler = answering(status, body);
    const error = await submitFault();
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ message: expect.stringMatching(text) as string });
  });

  it('that cuts the connection may have taken the job; one that is not there has not', async () => {
    await transport.ping(SIGNAL).catch(() => undefined);
    handler = (request) => request.socket.destroy();
    expect(await submitFault()).toBeInstanceOf(BackendUnclearError);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await submitFault()).toBeInstanceOf(BackendUnavailableError);
  });

  it('that cancels a job which is unknown or over is content', async () => {
    handler = answering(500, { errors: [{ error_number: 2017, error: 'Invalid job id specified' }] });
    await transport.cancel([7], SIGNAL);
    handler = answering(500, { errors: [{ error_number: -1, error: 'Unspecified error' }] });
    await expect(transport.cancel([7], SIGNAL)).rejects.toThrow(BackendUnclearError);
  });
});
