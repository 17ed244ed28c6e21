import { STATUSES } from '../../src/wire/status';
import type { StatusBody } from '../../src/wire/status-body';
import type { HttpAnswer } from './http';

/** Fails unless the answer is this status with a StatusBody in JSON; the body. */
export function expectStatusBody(answer: HttpAnswer, status: number, body: Partial<StatusBody> = {}): StatusBody {
  expect({ status: answer.status, body: answer.text }).toMatchObject({ status });
  expect(answer.contentType).toMatch(/^application\/json/);
  const found = answer.json<StatusBody>();
  expect([typeof found.id, typeof found.message]).toEqual(['number', 'string']);
  expect(STATUSES).toContain(found.status);
  expect(found).toMatchObject(body);
  return found;
}

/** Fails unless the answer is an error that concerns no job, its message in words for the user, without insides. */
export function expectRefusal(answer: HttpAnswer, status: number, message: RegExp | string): void {
  const body = expectStatusBody(answer, status, { id: 0, status: 'Unknown' });
  if (typeof message === 'string') {
    expect(body.message).toBe(message);
  } else {
    expect(body.message).toMatch(message);
  }
  expect(answer.text).not.toMatch(/node_modules|\.[jt]s:\d+|\bat \w+.*\(|Error:/);
}
