import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { HealthWatch } from '../support-jobs/health-watch';

const MIB = 1024 * 1024;
const FILES = process.env.TEST_LONG === 'short' ? 5_000 : 50_000;

describe('many files', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  it(`case 29: ${FILES} files arrive in one archive while both programs stay small and answer at once`, async () => {
    const watches = [new HealthWatch(pair.server), new HealthWatch(pair.client)];
    const id = await pair.submit(script(`mkdir m; cd m; seq ${FILES} | xargs -I{} -P4 sh -c "echo {} > {}"\n`));
    expect((await ended(pair, id, 600_000)).status).toBe('Completed');
    const answer = await pair.get(`/download/${id}`);
    await Promise.all(watches.map((watch) => watch.stop()));
    expect(answer.isZip).toBe(true);

    const zip = await pair.result(id);
    expect(zip.names().filter((name) => /^m\/\d+$/.test(name)).length).toBe(FILES);
    expect(zip.text(`m/${FILES}`)).toBe(`${FILES}\n`);
    for (const program of [pair.server, pair.client]) expect(program.memory().peak).toBeLessThan(512 * MIB);
    for (const watch of watches) {
      expect(watch.faults).toEqual([]);
      expect(watch.asked).toBeGreaterThan(5);
      expect(watch.slowestMs).toBeLessThan(1_000);
    }
  }, 900_000);
});
