import { UsageError } from './command.errors';

/** @throws UsageError */
export function readJobId(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw new UsageError(`${JSON.stringify(text ?? '')} is not the id of a job: a number, as \`submit\` printed it`);
  }
  return Number(text);
}

/** @throws UsageError */
export function readUserId(text: string): number {
  const user = Number(text);
  if (!/^-?\d{1,10}$/.test(text) || user !== (user | 0)) {
    throw new UsageError(
      `--user ${text}: must be a whole number from -2147483648 to 2147483647, the portal's for its user`,
    );
  }
  return user;
}

/** What a timer takes: 24 days. */
const MAX_SECONDS = 2_147_483;

/** @throws UsageError */
export function readSeconds(option: string, text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > MAX_SECONDS) {
    throw new UsageError(`${option} ${text}: must be a number of seconds, at most ${MAX_SECONDS}`);
  }
  return seconds;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`;
}
