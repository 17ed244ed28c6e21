import type { BackendReport, BackendState } from './backend';

/** A report that holds nothing but its state and a text. */
export function bareReport(state: BackendState, message: string): BackendReport {
  return { state, message, exitCode: null, signal: null, startedAt: null, endedAt: null, isBackendFault: false };
}
