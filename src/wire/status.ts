/**
 * Every state that a job or a payload can have on the wire, spelled as portals and executors expect it.
 * `Unknown` is also the status of an answer that concerns no job.
 */
export const STATUSES = [
  'Queued',
  'Processing',
  'Submitted',
  'Prepared',
  'Running',
  'Completed',
  'Failed',
  'Invalid',
  'Killed',
  'Cleaned',
  'Locked',
  'Unknown',
] as const;

/** A state as the wire spells it. */
export type Status = (typeof STATUSES)[number];

/** A status in the database: lower case, as the Rust program stores it, so that either can read the other's rows. */
export type StoredStatus = Lowercase<Status>;

/**
 * A state that the Rust program has from release 2.3 on, and nobody else: the job's processes are gone, and left no exit
 * code. Read as `Failed`.
 */
export const FOREIGN_LOST = { wire: 'Lost', stored: 'lost', message: 'its processes are gone, and left no exit code' };

const BY_STORED = new Map<string, Status>(STATUSES.map((status) => [status.toLowerCase(), status]));

/** A status as the database holds it. */
export function toStored(status: Status): StoredStatus {
  return status.toLowerCase() as StoredStatus;
}

/** @throws RangeError for a text that no release has ever stored */
export function fromStored(stored: string): Status {
  const status = BY_STORED.get(stored);
  if (!status) {
    throw new RangeError(`unknown status ${JSON.stringify(stored)} in the database`);
  }
  return status;
}

/** Whether a value of unknown origin is a status. */
export function isStatus(value: unknown): value is Status {
  return typeof value === 'string' && (STATUSES as readonly string[]).includes(value);
}
