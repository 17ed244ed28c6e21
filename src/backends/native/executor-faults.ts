import { hasCode, isError, messageOf } from '../../common/errors';
import { isUnreached, networkFault } from '../../common/http/fault-words';
import { contentTypeOf, type ExecutorAnswer, RedirectError } from './executor-http';

/** The request certainly did not reach the executor. */
export function neverReached(error: unknown): boolean {
  return isUnreached(error) || hasCode(error, 'UND_ERR_CONNECT_TIMEOUT') || couldNotConnect(error);
}

/** Of several addresses of a host none took the connection. Node gives such an error the code of the first of them. */
function couldNotConnect(error: unknown): boolean {
  const errors: unknown = isError(error) && 'errors' in error && error.errors;
  const all: unknown[] = Array.isArray(errors) ? errors : [error];
  return all.every((one) => isError(one) && 'syscall' in one && one.syscall === 'connect');
}

/** What happened, in words for a user. */
export function faultText(error: unknown): string {
  if (error instanceof RedirectError) {
    return error.message;
  }
  const words = networkFault(error);
  if (words !== undefined) {
    return words;
  }
  if (hasCode(error, 'UND_ERR_CONNECT_TIMEOUT')) {
    return 'no connection in time';
  }
  if (hasCode(error, 'UND_ERR_HEADERS_TIMEOUT') || hasCode(error, 'UND_ERR_BODY_TIMEOUT')) {
    return 'no answer in time';
  }
  return hasCode(error, 'UND_ERR_SOCKET') ? 'connection cut' : messageOf(error);
}

/** What an answer was instead of the expected one. */
export function answerText(answer: ExecutorAnswer, expected: string): string {
  const type = contentTypeOf(answer);
  return `executor answered ${answer.statusCode}${type === '' ? '' : ` ${type}`} in place of ${expected}`;
}
