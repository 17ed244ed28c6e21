import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { OrchestratorError } from '../common/errors';
import { CLIENT_CONFIG } from '../config/config.module';
import type { ClientConfig } from '../config/client-config';

/** The request doesn't carry the executor's token. HTTP says 401. */
export class UnauthorizedError extends OrchestratorError {
  readonly code = 'unauthorized';
  readonly retryable = false;

  constructor() {
    super('this executor asks for its EXECUTOR_TOKEN: Authorization: Bearer ...');
  }
}

/** Open to everybody: whether the executor lives, and can take jobs. */
const OPEN_PATHS = new Set(['/', '/health', '/ready']);

/** Where EXECUTOR_TOKEN is set, lets only those in who know it. */
@Injectable()
export class TokenGuard implements CanActivate {
  private readonly expected: Buffer | null;

  constructor(@Inject(CLIENT_CONFIG) config: ClientConfig) {
    this.expected = config.executorToken === null ? null : digest(`Bearer ${config.executorToken}`);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (this.expected === null || OPEN_PATHS.has(request.path)) {
      return true;
    }
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), this.expected)) {
      throw new UnauthorizedError();
    }
    return true;
  }
}

/** Of equal length for all, so that the comparison tells nothing by its time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
