import type { PayloadReport } from '../../wire/payload';
import type { BackendReport, BackendState } from '../backend';

/** What an executor says of a payload, in the terms of the Backend interface. */
export function toReport(payload: PayloadReport): BackendReport {
  const { message, exitCode, signal, startedAt, endedAt } = payload;
  const state = stateOf(payload);
  const text = payload.status === 'Cleaned' ? 'the executor has let go of the job' : '';
  // Our executor says how a script ended, if it did.
  const isBackendFault = state === 'failed' && payload.tellsEnd && exitCode === null && signal === null;
  return { state, message: message === '' ? text : message, exitCode, signal, startedAt, endedAt, isBackendFault };
}

function stateOf(payload: PayloadReport): BackendState {
  switch (payload.status) {
    case 'Queued':
    case 'Processing':
    case 'Submitted':
    case 'Prepared':
      return 'waiting';
    case 'Running':
    case 'Locked':
      return 'running';
    case 'Completed':
      return 'completed';
    case 'Failed':
      return 'failed';
    case 'Invalid':
      return 'invalid';
    case 'Killed':
      return 'killed';
    case 'Cleaned':
      return 'lost';
    case 'Unknown':
      return 'unclear';
  }
}
