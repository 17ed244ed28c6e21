import { readFileSync } from 'node:fs';

/**
 * What a container engine runs now and then to learn whether the program in the container lives: asks `GET /health` on
 * 127.0.0.1, and exits 0 or 1. Loads nothing else, since each run is a process of its own.
 */
const WITHIN_MS = 4_000;

/** PORT, else the default of the mode that the container was started in, which PID 1 was told. */
function port(): string {
  const isClient = readFileSync('/proc/1/cmdline', 'latin1').split('\0').includes('client');
  const given = process.env.PORT ?? '';
  return given === '' ? (isClient ? '9000' : '5000') : given;
}

fetch(`http://127.0.0.1:${port()}/health`, { signal: AbortSignal.timeout(WITHIN_MS) }).then(
  ({ ok }) => process.exit(ok ? 0 : 1),
  () => process.exit(1),
);
