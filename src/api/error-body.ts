import { type ErrorAnswer } from '../common/http/error-status';
import { ServiceNotConfiguredError } from '../dispatch/partial-results.service';
import { JobStateError } from '../jobs/jobs.errors';
import { noJob, type StatusBody } from '../wire/status-body';

/** The body of an error to a portal: always a StatusBody, with the job's id and state where one is known. */
export function statusBodyOf({ message }: ErrorAnswer, error: unknown): StatusBody {
  if (error instanceof JobStateError) {
    return { id: error.jobId, status: error.status, message };
  }
  if (error instanceof ServiceNotConfiguredError) {
    return { id: error.jobId, status: error.job.status, message };
  }
  return noJob(message);
}
