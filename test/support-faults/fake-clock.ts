import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Obstacle } from '../support-jobs/conditions';

function findLibrary(): string | undefined {
  const roots = ['/usr/lib', ...readdirSync('/usr/lib').map((name) => join('/usr/lib', name))];
  for (const root of roots) {
    try {
      if (readdirSync(join(root, 'faketime')).includes('libfaketimeMT.so.1')) {
        return join(root, 'faketime', 'libfaketimeMT.so.1');
      }
    } catch {
      // not here
    }
  }
  return undefined;
}

const LIBRARY = findLibrary();

export function noFakeClock(): Obstacle {
  return LIBRARY === undefined ? 'no libfaketime (Debian package faketime)' : undefined;
}

/** The wall clock of programs that are started with {@link env}. Their timers go on as they should. */
export class FakeClock {
  private readonly file: string;

  constructor(directory: string) {
    this.file = join(directory, 'clock');
    this.step('+0');
  }

  get env(): Record<string, string> {
    return {
      LD_PRELOAD: LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** Difference to the true time, as in `-1h` or `+20d`. */
  step(difference: string): void {
    writeFileSync(this.file, `${difference}\n`);
  }
}
