import { UploadFieldError } from './jobs.errors';

const MIN_I32 = -(2 ** 31);
const MAX_I32 = 2 ** 31 - 1;

/** The text fields of an upload, checked. */
export interface UploadFields {
  /** The portal's number for its user: a signed 32-bit integer. */
  readonly userId: number;
  /** As the form says it; whether it is configured is not known here. */
  readonly service: string;
}

/** @throws UploadFieldError naming the first field that is missing or wrong, in the wording that portals know */
export function readUploadFields(fields: ReadonlyMap<string, string>): UploadFields {
  const userText = fields.get('user_id');
  if (userText === undefined) {
    throw new UploadFieldError('user_id', 'Missing user_id field');
  }
  const userId = /^[+-]?\d{1,20}$/.test(userText) ? Number(userText) : NaN;
  if (!(userId >= MIN_I32 && userId <= MAX_I32)) {
    throw new UploadFieldError('user_id', 'Invalid user_id, should be a number');
  }
  const service = fields.get('service');
  if (service === undefined) {
    throw new UploadFieldError('service', 'Missing service field');
  }
  return { userId: userId === 0 ? 0 : userId, service };
}
