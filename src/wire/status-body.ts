import type { Status } from './status';

/** What the server answers about a job. An answer that concerns no job has id 0 and status `Unknown`. */
export interface StatusBody {
  readonly id: number;
  readonly status: Status;
  readonly message: string;
}

/** The StatusBody of an error that concerns no known job. */
export function noJob(message: string): StatusBody {
  return { id: 0, status: 'Unknown', message };
}
