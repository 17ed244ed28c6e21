import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Params } from 'nestjs-pino';
import type { LogLevel } from '../config/variables';

/** An id that a caller may give its request, to find it again in our log. */
const REQUEST_ID = /^[\w.-]{1,64}$/;
/** Paths that name a job or a payload. */
const JOB_PATH = /^\/(?:download|download_partial|terminate|jobs)\/(\d{1,15})(?:[/?]|$)/;
const PAYLOAD_PATH = /^\/(?:retrieve|retrieve_partial|kill|payloads)\/(\d{1,15})(?:[/?]|$)/;

/**
 * How the program logs: JSON, or readable lines where somebody looks at a terminal. Each line of a request carries its
 * id, and the job's where it concerns one. No headers and no bodies: they may hold secrets and users' data.
 */
export function loggingParams(level: LogLevel): Params {
  return {
    pinoHttp: {
      level,
      ...(process.stdout.isTTY && {
        transport: {
          target: 'pino-pretty',
          options: { ignore: 'pid,hostname,req,res,responseTime', singleLine: true },
        },
      }),
      quietReqLogger: true,
      genReqId: (request, response) => {
        const given = request.headers['x-request-id'];
        const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
        response.setHeader('x-request-id', id);
        return id;
      },
      customAttributeKeys: { reqId: 'requestId' },
      customProps: (request) => idsOf(request.url ?? ''),
      serializers: {
        req: (request: { method: string; url: string }) => ({ method: request.method, url: request.url }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      },
      customLogLevel: levelOf,
      customSuccessMessage: (request, response) => lineOf(request, response),
      customErrorMessage: (request, response) => lineOf(request, response),
    },
    assignResponse: true,
  };
}

function idsOf(url: string): Record<string, number> {
  const job = JOB_PATH.exec(url)?.[1];
  const payload = PAYLOAD_PATH.exec(url)?.[1];
  return {
    ...(job !== undefined && { jobId: Number(job) }),
    ...(payload !== undefined && { payloadId: Number(payload) }),
  };
}

/** Portals poll: a question that changes nothing is not worth a line, unless it went wrong. */
function levelOf(
  request: IncomingMessage,
  response: ServerResponse,
  error?: Error,
): 'error' | 'warn' | 'info' | 'debug' {
  if (response.statusCode >= 500) {
    return 'error';
  }
  if (error) {
    return 'warn';
  }
  return request.method === 'GET' || request.method === 'HEAD' ? 'debug' : 'info';
}

function lineOf(request: IncomingMessage, response: ServerResponse): string {
  // Without an answer (whoever asked has gone away) the status says nothing.
  const outcome = response.headersSent ? response.statusCode : 'aborted';
  return `${request.method ?? ''} ${request.url ?? ''} ${outcome}`;
}
