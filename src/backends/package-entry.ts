/**
 * What packages of others import, as `job-orchestrator/backend`: all that is promised to them. Nothing of this program
 * imports this file; it is the one that gathers names, because it is the package's door.
 */
export type {
  Backend,
  BackendCapabilities,
  BackendListener,
  BackendRef,
  BackendReport,
  BackendState,
  FetchScope,
  JobHandle,
  JobSubmission,
} from './backend';
export { BackendProvider } from './backend-provider';
export {
  BackendCannotGiveError,
  BackendLostJobError,
  BackendRejectedError,
  BackendUnavailableError,
  BackendUnclearError,
  BadBackendRefError,
} from './backend.errors';
export { bareReport } from './bare-report';
export { BackendHost } from './backend-host';

// What the operator has set.
export { SERVER_CONFIG } from '../config/config.module';
export { ConfigError } from '../config/config-error';
export type { ServerConfig, ServiceConfig } from '../config/server-config';
export {
  backendPattern,
  BackendSettingsReader,
  readBackendSettings,
  servicesOn,
} from '../config/backend-settings-reader';
export { choice, integer, list, path, secret, text, url } from '../config/variable-kinds';

// What a job is on every backend.
export { NOTE_NAME } from '../workload/archive-note';
export { jobEnvironment, type JobIdentity } from '../workload/job-environment';
export { prepareScript, type PreparedScript } from '../workload/prepare-script';
export { exitCodeText, overtimeText, TERMINATED } from '../workload/script-end';
export { SCRIPT_RULE_NAMES, type ScriptFilterOptions } from '../workload/script-filter/script-filter';
export { SCRIPT_NAME, STDERR_NAME, STDOUT_NAME } from '../wire/protocol';
export { type ArchiveOptions, archiveDirectory } from '../common/archive/archive-directory';
export { abortable } from '../common/abortable';
export { messageOf } from '../common/errors';
