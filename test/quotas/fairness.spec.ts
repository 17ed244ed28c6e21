import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { allEnded } from '../support-jobs/endings';
import { eachLimited, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';

describe('whose job is next', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: {
        order: { maxRuns: 1, runsPerUser: 1 },
        light: { maxRuns: 2, runsPerUser: 10 },
        turns: { maxRuns: 1, runsPerUser: 10 },
        late: { maxRuns: 1, runsPerUser: 10 },
      },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  /** Fills every slot with jobs that wait at the gate named like the service, so that a queue can build up behind. */
  async function fill(service: string, slots: number, user: number): Promise<number[]> {
    const ids = await eachLimited(upTo(slots), 1, (n) =>
      pair.submit(log.gatedScript(`${service}-holder${n}`, service), { user, service }),
    );
    await eventually(() => log.running(`${service}-holder`).length === slots);
    return ids;
  }

  /** Uploads short jobs of these names one after the other. */
  function upload(service: string, user: number, names: string[]): Promise<number[]> {
    return eachLimited(names, 1, (name) => pair.submit(log.script(`${service}-${name}`), { user, service }));
  }

  /** Lets everything run; the names of what started behind the holders, in order, without the service. */
  async function order(service: string, ids: number[]): Promise<string[]> {
    log.open(service);
    await allEnded(pair, ids);
    const names = log.started(`${service}-`).map((name) => name.slice(service.length + 1));
    return names.filter((name) => !name.startsWith('holder'));
  }

  it("a user's own jobs start in the order of upload", async () => {
    const names = upTo(15).map((n) => `n${n}`);
    const ids = [...(await fill('order', 1, 1)), ...(await upload('order', 1, names))];
    expect(await order('order', ids)).toEqual(names);
  });

  it('the one job of a user does not wait behind the whole queue of another', async () => {
    const held = await fill('light', 2, 1);
    const heavy = await upload(
      'light',
      1,
      upTo(60).map((n) => `heavy${n}`),
    );
    const light = await upload('light', 2, ['light']);
    const started = await order('light', [...held, ...heavy, ...light]);
    expect(started.indexOf('light')).toBeLessThan(4);
  });

  it('users with full queues are served in turn, each in the order of upload', async () => {
    const held = await fill('turns', 1, 9);
    const ids: number[] = [];
    for (const [user, letter] of ['a', 'b', 'c'].entries()) {
      ids.push(
        ...(await upload(
          'turns',
          user,
          upTo(6).map((n) => `${letter}${n}`),
        )),
      );
    }
    const started = await order('turns', [...held, ...ids]);
    for (const round of upTo(6)) {
      const turn = started.slice(3 * round, 3 * round + 3).sort();
      expect(turn).toEqual(['a', 'b', 'c'].map((letter) => `${letter}${round}`));
    }
  });

  it('a user who comes late is not served ahead of those who waited, nor they ahead of him for ever', async () => {
    const held = await fill('late', 1, 9);
    const early = await upload(
      'late',
      1,
      upTo(8).map((n) => `early${n}`),
    );
    const late = await upload(
      'late',
      2,
      upTo(4).map((n) => `late${n}`),
    );
    const started = await order('late', [...held, ...early, ...late]);
    const places = upTo(4).map((n) => started.indexOf(`late${n}`));
    for (const [n, place] of places.entries()) expect(place).toBeLessThanOrEqual(2 * n + 1);
    expect(started.indexOf('early3')).toBeLessThanOrEqual(8);
  });
});
