import { FOREIGN_LOST, isStatus, type Status } from './status';

/**
 * What an executor answers about a payload (a job as the executor knows it).
 * The first six keys are the contract with the Rust program, whose server refuses a Payload that lacks one of them.
 * The rest is said between our own server and executor. Times are milliseconds since 1970.
 */
export interface Payload {
  readonly id: number;
  /** Always empty: the Rust client echoes the submitted bytes here. */
  readonly input: Record<string, never>;
  readonly status: Status;
  readonly loc: string;
  readonly pid: number;
  readonly killed: boolean;
  readonly key?: string;
  readonly message?: string;
  readonly exit_code?: number | null;
  readonly signal?: string | null;
  readonly started_at?: number | null;
  readonly ended_at?: number | null;
}

/** What a reader needs of a Payload; everything but id and status may be missing. */
export interface PayloadReport {
  readonly id: number;
  readonly status: Status;
  readonly key: string | null;
  readonly message: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Whether it says how scripts end at all: the Rust program's client doesn't, but for one that it has lost. */
  readonly tellsEnd: boolean;
}

/** The Payload of an error that concerns no known payload. */
export function noPayload(message: string): Payload {
  return { id: 0, input: {}, status: 'Unknown', loc: '', pid: 0, killed: false, message };
}

/** Reads a Payload of any release of either program; `null` when the value is not one. */
export function readPayload(value: unknown): PayloadReport | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const fields = value as Record<string, unknown>;
  const isLost = fields.status === FOREIGN_LOST.wire;
  const status = isLost ? 'Failed' : fields.status;
  if (!Number.isSafeInteger(fields.id) || !isStatus(status)) {
    return null;
  }
  return {
    id: fields.id as number,
    status,
    key: text(fields.key),
    message: text(fields.message) ?? (isLost ? FOREIGN_LOST.message : ''),
    exitCode: integer(fields.exit_code),
    signal: text(fields.signal),
    startedAt: integer(fields.started_at),
    endedAt: integer(fields.ended_at),
    tellsEnd: 'exit_code' in fields || isLost,
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}
