/** What our server and our executor say to each other beyond the Rust program's contract. */

/** Announced by `GET /health` of our executor; a peer without it is taken for the Rust program's client. */
export const WIRE_VERSION = 2;

/** The job's key (a UUID) on `POST /submit`: whoever has seen it answers with the payload that it already has. */
export const JOB_KEY_HEADER = 'x-job-key';

/** The id under which the portal knows the job; becomes `JOB_ID` in the job's environment. */
export const JOB_ID_HEADER = 'x-job-id';

/** Milliseconds that the job's script may run. */
export const JOB_WALLTIME_HEADER = 'x-job-walltime';

/** `GET`: one JSON value a line: a {@link PayloadEvent} for each change of a payload, and heartbeats. */
export const EVENTS_SEGMENT = 'events';

/** An event stream is dead when nothing came for three times this long. */
export const HEARTBEAT_MS = 5_000;

/** Ids in one `POST /payloads/query`. */
export const MAX_QUERY_IDS = 1_000;

/** The two log files that every job leaves in its working directory; an upload may not bring files of these names. */
export const STDOUT_NAME = '.orchestrator.stdout';
export const STDERR_NAME = '.orchestrator.stderr';
export const RESERVED_NAMES: readonly string[] = [STDOUT_NAME, STDERR_NAME];

/** The script that every job brings. */
export const SCRIPT_NAME = 'run.sh';
