import { readFileSync } from 'node:fs';
import { errnoOf, hasCode, messageOf, OrchestratorError } from './errors';

class SampleError extends OrchestratorError {
  readonly code = 'sample';
  readonly retryable = false;
}

function systemError(): unknown {
  try {
    return readFileSync('/no/such/file');
  } catch (error) {
    return error;
  }
}

describe('OrchestratorError', () => {
  it('carries the name of its class, its text and its cause', () => {
    const cause = new Error('inner');
    const error = new SampleError('outer', { cause });
    expect([error.name, error.message, error.cause, error.code]).toEqual(['SampleError', 'outer', cause, 'sample']);
    expect(error).toBeInstanceOf(OrchestratorError);
  });
});

describe('errnoOf', () => {
  it('finds the code of a system error, also below errors of ours', () => {
    const error = systemError();
    expect(errnoOf(error)).toBe('ENOENT');
    expect(errnoOf(new SampleError('outer', { cause: new Error('middle', { cause: error }) }))).toBe('ENOENT');
  });

  it('finds none in what carries none', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    for (const value of [new SampleError('x'), loop, undefined, null, 'ENOENT', { code: 'ENOENT' }]) {
      expect(errnoOf(value)).toBeUndefined();
    }
  });
});

describe('hasCode', () => {
  it('looks along the whole chain, for that code only', () => {
    const error = new SampleError('outer', { cause: systemError() });
    expect([hasCode(error, 'sample'), hasCode(error, 'ENOENT'), hasCode(error, 'EACCES')]).toEqual([true, true, false]);
  });
});

describe('messageOf', () => {
  it('has a text for anything that was thrown', () => {
    expect([new Error('a'), 'b', 3, null, undefined].map(messageOf)).toEqual(['a', 'b', '3', 'null', 'undefined']);
  });
});
