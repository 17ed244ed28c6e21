import type { BackendRef } from '../backend';
import { BadBackendRefError } from '../backend.errors';

/** Where SLURM has a job. */
export interface SlurmRef {
  /** Says which cluster and which work directory: they are the service's. */
  readonly service: string;
  /** `null`: it never went to SLURM, because its script was refused. */
  readonly jobId: number | null;
  /** Names the job's directory. */
  readonly key: string;
}

/** Can stand in a path and in the name of a SLURM job; never `.` or `..`. */
export const KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const FORMAT = /^slurm:1:([a-z0-9_]+):(\d{1,10}|none):([^:]+)$/;

/** `slurm:1:<service>:<job id or none>:<key>`; 1 is the version of this format. */
export function encodeRef({ service, jobId, key }: SlurmRef): BackendRef {
  return `slurm:1:${service}:${jobId ?? 'none'}:${key}` as BackendRef;
}

/** @throws BadBackendRefError */
export function decodeRef(ref: BackendRef): SlurmRef {
  const [, service, jobId, key] = FORMAT.exec(ref) ?? [];
  if (service === undefined || jobId === undefined || key === undefined || !KEY_PATTERN.test(key)) {
    throw new BadBackendRefError(ref);
  }
  return { service, jobId: jobId === 'none' ? null : Number(jobId), key };
}
