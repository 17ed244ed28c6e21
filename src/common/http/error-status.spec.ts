import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ForbiddenException } from '@nestjs/common';
import { OrchestratorError } from '../errors';
import { answerFor } from './error-status';

const SRC = join(__dirname, '../..');

class SampleError extends OrchestratorError {
  readonly retryable = false;

  constructor(
    readonly code: string,
    cause?: unknown,
  ) {
    super(`says ${code}`, { cause });
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: /secret/path`), { code });
}

describe('answerFor', () => {
  it.each([
    ['bad-form', 400],
    ['bad-field', 400],
    ['bad-id', 400],
    ['bad-request', 400],
    ['job-not-found', 404],
    ['job-has-no-files', 404],
    ['payload-not-found', 404],
    ['job-has-ended', 409],
    ['form-too-large', 413],
    ['job-not-terminated', 500],
    ['database-busy', 503],
    ['disk-full', 507],
  ])('answers %s with %i and its text', (code, status) => {
    expect(answerFor(new SampleError(code))).toEqual({ status, message: `says ${code}` });
  });

  it('calls an error of ours a 500 that no status was chosen for, its text being for people', () => {
    expect(answerFor(new SampleError('never-heard-of'))).toEqual({ status: 500, message: 'says never-heard-of' });
  });

  it.each(['ENOSPC', 'EDQUOT'])('calls %s a 507, however deep', (code) => {
    const error = new Error('outer', { cause: systemError(code) });
    expect(answerFor(error)).toEqual({ status: 507, message: 'no space is left on the disk, try again later' });
  });

  it('leaves to Nest what Nest has decided', () => {
    expect(answerFor(new ForbiddenException('not here'))).toEqual({ status: 403, message: 'not here' });
  });

  it.each([systemError('EACCES'), new TypeError('x is undefined'), 'text', undefined, null])(
    'tells nothing of the inside of %s',
    (error) => {
      expect(answerFor(error)).toEqual({ status: 500, message: 'internal error' });
    },
  );

  it('has a status for every code that speaks of HTTP in its docstring', () => {
    const lines = execFileSync('grep', ['-rhE', '-A', '8', 'HTTP says [0-9]{3}', SRC, '--include=*.ts']).toString();
    const promised = [...lines.matchAll(/HTTP says (\d{3})(?:(?!HTTP says)[^])*?readonly code = '([a-z-]+)'/g)];
    expect(promised.length).toBeGreaterThan(5);
    for (const [, status, code] of promised) {
      expect([code, answerFor(new SampleError(code!)).status]).toEqual([code, Number(status)]);
    }
  });
});
