import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';

const LIMIT = 100_000;
/** Prints more than the limit and stays long enough for that to be noticed. */
const PRINT_TOO_MUCH = `yes | head -c ${5 * LIMIT}; sleep 0.5`;

/** The 3 GB of case 19 are in test/long; here is what a log limit may not do. */
describe('logs longer than the limit', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ client: { JOB_LOG_LIMIT: String(LIMIT) } });
  });
  afterAll(() => pair.stop());

  /** The executor still runs a job, and runs it soon. */
  async function expectExecutorAtWork(): Promise<void> {
    const next = await pair.submit(script('echo next > out\n'));
    expect((await ended(pair, next)).status).toBe('Completed');
  }

  it.each([
    ['stdout', ''],
    ['stderr', ' >&2'],
  ])('case 19: %s is cut at the limit, and the last line says so', async (stream, redirect) => {
    const zip = await pair.result(await pair.submit(script(`yes | head -c ${20 * LIMIT}${redirect}; echo ok > out\n`)));
    const lines = zip.text(`.orchestrator.${stream}`).trimEnd().split('\n');
    expect(zip.size(`.orchestrator.${stream}`)).toBeGreaterThanOrEqual(LIMIT - 1024);
    expect(zip.size(`.orchestrator.${stream}`)).toBeLessThan(LIMIT + 1024);
    expect(lines[0]).toBe('y');
    expect(lines.at(-1)).toMatch(/cut|limit/i);
    expect(zip.text('out')).toBe('ok\n');
  });

  it('case 19: a log just as long as the limit is whole and has no note', async () => {
    const zip = await pair.result(await pair.submit(script(`yes | head -c ${LIMIT}\n`)));
    expect(zip.text('.orchestrator.stdout')).toBe('y\n'.repeat(LIMIT / 2));
  });

  it('case 19: a job that puts a named pipe in the place of a log that was cut stops nothing', async () => {
    const swap = 'find . -name .orchestrator.stdout -delete; mkfifo .orchestrator.stdout; echo ok > out';
    const id = await pair.submit(script(`${PRINT_TOO_MUCH}\n${swap}\n`));
    expect((await ended(pair, id)).status).toBe('Completed');
    expect((await pair.result(id)).text('out')).toBe('ok\n');
    await expectExecutorAtWork();
  });

  it('case 19: a job that puts a link in the place of its log has nothing cut or written where the link leads', async () => {
    const outside = join(pair.shared, 'outside19');
    const content = 'x'.repeat(3 * LIMIT);
    writeFileSync(outside, content);
    const swap = `ln -sf ${outside} .orchestrator.stdout; sleep 0.5; echo ok > out`;
    const id = await pair.submit(script(`${PRINT_TOO_MUCH}\n${swap}\n`));
    expect((await pair.result(id)).text('out')).toBe('ok\n');
    expect(readFileSync(outside, 'utf8') === content).toBe(true);
    await expectExecutorAtWork();
  });
});
