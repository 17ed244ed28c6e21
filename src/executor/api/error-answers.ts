import { ApiParam } from '@nestjs/swagger';
import { noPayload } from '../../wire/payload';

const answer = (status: number, description: string, message: string) => ({
  status,
  description,
  content: {
    'application/json': { schema: { $ref: '#/components/schemas/Payload' }, example: noPayload(message) },
  },
});

export const ID = ApiParam({ name: 'id', type: 'integer', description: 'number of the payload', example: 17 });

/** Answers that many routes of the executor share, for Swagger. */
export const BAD_ID = answer(400, 'not an id', 'id: "abc" is not a number of a job');
export const TOKEN_MISSING = answer(
  401,
  '`EXECUTOR_TOKEN` is set, and the request does not carry it',
  'this executor asks for its EXECUTOR_TOKEN: Authorization: Bearer ...',
);
export const UNKNOWN = answer(404, 'no such payload', 'no payload 7 on this executor');
export const FAULT = answer(500, 'a fault of the executor', 'internal error');
