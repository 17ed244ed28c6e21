import { ApiParam, getSchemaPath } from '@nestjs/swagger';
import { noPayload, type Payload } from '../../wire/payload';
import { KEY_EXAMPLE, PayloadDto } from './payload.dto';

const answer = (status: number, description: string, example: Payload) => ({
  status,
  description,
  content: { 'application/json': { schema: { $ref: getSchemaPath(PayloadDto) }, example } },
});

/** An answer that concerns no known payload. */
export const refusal = (status: number, description: string, message: string) =>
  answer(status, description, noPayload(message));

/** The answer to a job that was terminated before it came: the payload that stands for it. */
export const KEY_TERMINATED = answer(409, 'its `X-Job-Key` was terminated before it arrived', {
  ...noPayload('the job was terminated before it arrived at this executor'),
  id: 17,
  status: 'Killed',
  key: KEY_EXAMPLE,
});
export const PROCESSES_LEFT = refusal(
  500,
  'something of it may still run: ask again',
  '1 processes of payload 17 could not be ended',
);

export const ID = ApiParam({ name: 'id', type: 'integer', description: 'number of the payload', example: 17 });

/** Answers that many routes of the executor share, for Swagger. */
export const BAD_ID = refusal(400, 'not an id', 'id: "abc" is not a number of a job');
export const TOKEN_MISSING = refusal(
  401,
  '`EXECUTOR_TOKEN` is set, and the request does not carry it',
  'this executor asks for its EXECUTOR_TOKEN: Authorization: Bearer ...',
);
export const UNKNOWN = refusal(404, 'no such payload', 'no payload 7 on this executor');
export const FAULT = refusal(500, 'a fault of the executor; its log has the reason', 'internal error');
