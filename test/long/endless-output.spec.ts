import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';

const MIB = 1024 * 1024;
const isShort = process.env.TEST_LONG === 'short';
const PRINTED = isShort ? 600_000_000 : 3_000_000_000;
/** In full the default of the program is what is tried. */
const LIMIT = isShort ? MIB : 64 * MIB;

/** Bytes that the files under a directory take on disk. Files come and go while it looks. */
function diskUse(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).reduce((sum, path) => {
    const file = lstatSync(join(directory, path), { throwIfNoEntry: false });
    return sum + (file ? file.blocks * 512 : 0);
  }, 0);
}

describe('a job that prints without end', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ client: { KILL_GRACE: '2', ...(isShort ? { JOB_LOG_LIMIT: String(LIMIT) } : {}) } });
  });
  afterAll(() => pair.stop());

  it.each([
    ['stdout', ''],
    ['stderr', ' >&2'],
  ])(
    `case 19: ${PRINTED / 1e6} MB on %s are cut at the limit with a note, and cost neither memory, nor disk, nor other jobs`,
    async (stream, redirect) => {
      const idle = pair.client.memory().rss;
      const before = diskUse(pair.clientData);
      const loud = await pair.submit(script(`yes | head -c ${PRINTED}${redirect}\n`));
      const quiet = await pair.submit(script('echo ok > out\n'));
      let mostOnDisk = 0;
      const watch = setInterval(() => (mostOnDisk = Math.max(mostOnDisk, diskUse(pair.clientData))), 20);
      try {
        expect((await ended(pair, quiet)).status).toBe('Completed');
        const job = await ended(pair, loud, 300_000);
        expect(['Completed', 'Failed']).toContain(job.status);
        if (job.status === 'Failed') expect(job.message).toMatch(/log|output/i);
      } finally {
        clearInterval(watch);
      }
      // A log may be longer than the limit for the moment until that is noticed, but must not grow with what is printed.
      expect(mostOnDisk - before).toBeLessThan(2 * LIMIT + PRINTED / 2);
      expect(diskUse(pair.clientData) - before).toBeLessThan(2 * LIMIT + 8 * MIB);
      expect(pair.client.memory().peak - idle).toBeLessThan(100 * MIB);
      expect(pair.client.memory().peak).toBeLessThan(512 * MIB);

      const zip = await pair.partial(loud);
      const name = `.orchestrator.${stream}`;
      expect(zip.size(name)).toBeLessThanOrEqual(LIMIT + 1024);
      expect(zip.size(name)).toBeGreaterThan(LIMIT - MIB / 2);
      if (isShort) {
        const lines = zip.text(name).trimEnd().split('\n');
        expect(lines[0]).toBe('y');
        expect(lines.at(-1)).not.toMatch(/^y?$/);
        expect(lines.at(-1)).toMatch(/cut|limit/i);
      }
    },
    360_000,
  );

  it('case 19: what a program writes to a full log neither ends it nor delays it', async () => {
    const body = `yes | head -c ${LIMIT + 5 * MIB}; echo after > out; exit 6`;
    const id = await pair.submit(script(`${body}\n`));
    const job = await ended(pair, id, 60_000);
    expect(job).toMatchObject({ status: 'Failed', exit_code: 6 });
    expect((await pair.partial(id)).text('out')).toBe('after\n');
  });
});
