import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { noJob, type StatusBody } from '../wire/status-body';
import { StatusBodyDto } from './dto/status-body.dto';

/** An answer that is a status body, for Swagger. */
export const statusAnswer = (status: number, description: string, example: StatusBody): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(StatusBodyDto),
    ApiResponse({
      status,
      description,
      content: { 'application/json': { schema: { $ref: getSchemaPath(StatusBodyDto) }, example } },
    }),
  );

/** An answer that concerns no known job. */
export const refusal = (status: number, description: string, message: string): MethodDecorator =>
  statusAnswer(status, description, noJob(message));

/** What every route may answer. */
export const FAULT = refusal(500, 'a fault of the server; its log has the reason', 'internal error');
