import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually';
import { readClientConfig } from '../../config/client-config';
import { LogLimit } from './log-limit';

const LIMIT = 1000;
const NOTE = `\n[cut here: the log was longer than ${LIMIT} bytes]\n`;

let directory: string;
let log: string;
let limit: LogLimit;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'log-limit-'));
  log = join(directory, 'log');
  limit = new LogLimit(readClientConfig({ JOB_LOG_LIMIT: String(LIMIT) }, []));
});
afterEach(() => {
  limit.onModuleDestroy();
  rmSync(directory, { recursive: true });
});

async function untilCut(): Promise<void> {
  await eventually(() => statSync(log).size === LIMIT);
}

describe('LogLimit', () => {
  it('cuts a log that grows over the limit, again and again, and closes it with one note', async () => {
    writeFileSync(log, 'x'.repeat(400));
    limit.watch([log]);
    for (let round = 0; round < 3; round++) {
      appendFileSync(log, 'y'.repeat(5000));
      await untilCut();
    }
    limit.close([log]);
    expect(readFileSync(log, 'utf8')).toBe('x'.repeat(400) + 'y'.repeat(600) + NOTE);
  });

  it('cuts at the close what came since the last look', () => {
    limit.watch([log]);
    writeFileSync(log, 'z'.repeat(LIMIT + 1));
    limit.close([log]);
    expect(readFileSync(log, 'utf8')).toBe('z'.repeat(LIMIT) + NOTE);
  });

  it.each([0, LIMIT - 1, LIMIT])('leaves a log of %i bytes as it is', (size) => {
    limit.watch([log]);
    writeFileSync(log, 'x'.repeat(size));
    limit.close([log]);
    expect(statSync(log).size).toBe(size);
  });

  it('watches several, and each by itself', () => {
    const other = join(directory, 'other');
    writeFileSync(log, 'x'.repeat(2000));
    writeFileSync(other, 'short');
    limit.watch([log, other]);
    limit.close([log, other]);
    expect([statSync(log).size, readFileSync(other, 'utf8')]).toEqual([LIMIT + NOTE.length, 'short']);
  });

  /** What a script may put in the place of a log that was cut. */
  const REPLACEMENTS: [string, (outside: string) => void][] = [
    ['nothing', () => undefined],
    ['a directory', () => mkdirSync(log)],
    ['a FIFO', () => execFileSync('mkfifo', [log])],
    ['a link to a long file', (outside) => symlinkSync(outside, log)],
    ['a link to itself', () => symlinkSync(log, log)],
  ];

  it.each(REPLACEMENTS)('is neither led elsewhere nor held up by %s in the place of a log', async (_, replace) => {
    const outside = join(directory, 'outside');
    writeFileSync(outside, 'o'.repeat(5000));
    writeFileSync(log, 'x'.repeat(5000));
    limit.watch([log]);
    await untilCut();
    renameSync(log, join(directory, 'moved'));
    replace(outside);
    limit.close([log]);
    expect(readFileSync(outside, 'utf8')).toBe('o'.repeat(5000));
  });

  it('makes no log where there is none', () => {
    limit.watch([log]);
    limit.close([log]);
    expect(existsSync(log)).toBe(false);
  });
});
