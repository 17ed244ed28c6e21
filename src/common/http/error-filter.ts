import { METHODS } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { answerEarly } from './early-answer';
import { answerFor, type ErrorAnswer } from './error-status';

/** Turns whatever was thrown into an answer; a mode says how the body of an error looks. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  /**
   * @param bodyOf the JSON body of an error; made of the error itself where that knows more than its text
   * @param idName what the log calls an id in the path
   */
  constructor(
    private readonly bodyOf: (answer: ErrorAnswer, error: unknown) => object,
    private readonly idName: 'jobId' | 'payloadId',
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const allowed = error instanceof NotFoundException ? methodsOf(request) : [];
    const answer: ErrorAnswer =
      allowed.length > 0
        ? { status: 405, message: `${request.method} is not allowed here, only ${allowed.join(', ')}` }
        : answerFor(error);
    if (answer.status >= 500) {
      const id = Number(request.params.id);
      this.logger.error({ err: error, ...(Number.isInteger(id) && { [this.idName]: id }) }, answer.message);
    }
    if (response.headersSent || response.destroyed) {
      // Too late to say anything: the cut connection says that the answer is not whole.
      response.destroy();
      return;
    }
    response.removeHeader('content-disposition');
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      ...(allowed.length > 0 && { allow: allowed.join(', ') }),
    };
    await answerEarly(request, response, answer.status, headers, JSON.stringify(this.bodyOf(answer, error)));
  }
}

interface Layer {
  match(path: string): boolean;
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
}

/** The methods that the request's path knows; empty for a path that nobody serves. */
function methodsOf(request: Request): string[] {
  const { stack } = request.app.router as unknown as { stack: Layer[] };
  const methods = stack
    .filter((layer) => layer.route && layer.match(request.path))
    .map((layer) => Object.keys(layer.route?.methods ?? {}))
    // A route for every method is Nest's own, which says 404.
    .filter((ofRoute) => ofRoute.length < METHODS.length)
    .flat();
  return [...new Set(methods)].map((method) => method.toUpperCase());
}
