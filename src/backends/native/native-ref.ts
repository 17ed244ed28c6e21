import type { BackendRef } from '../backend';
import { BadBackendRefError } from '../backend.errors';

/** Where an executor has a job. */
export interface NativeRef {
  /** Says which executor: its endpoints are the service's. */
  readonly service: string;
  readonly payloadId: number;
}

const FORMAT = /^n1:([a-z0-9_]+):(\d{1,15})$/;

/** `n1:<service>:<payload id>`; n1 is the version of this format. */
export function encodeRef({ service, payloadId }: NativeRef): BackendRef {
  return `n1:${service}:${payloadId}` as BackendRef;
}

/** @throws BadBackendRefError */
export function decodeRef(ref: BackendRef): NativeRef {
  const [, service, payloadId] = FORMAT.exec(ref) ?? [];
  if (service === undefined || payloadId === undefined) {
    throw new BadBackendRefError(ref);
  }
  return { service, payloadId: Number(payloadId) };
}
