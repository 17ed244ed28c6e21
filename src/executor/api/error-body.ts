import type { ErrorAnswer } from '../../common/http/error-status';
import { noPayload, type Payload } from '../../wire/payload';
import { KeyTerminatedError } from '../executor.errors';
import { toWire } from '../payloads.repository';

/** The body of an error to a server: always a Payload. */
export function payloadBodyOf({ message }: ErrorAnswer, error: unknown): Payload {
  return error instanceof KeyTerminatedError ? { ...toWire(error.payload), message } : noPayload(message);
}
