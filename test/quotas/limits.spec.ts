import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { allEnded } from '../support-jobs/endings';
import { eachLimited, tally, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';

describe('limits of active jobs', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: {
        per_user: { maxRuns: 50, runsPerUser: 2 },
        in_all: { maxRuns: 3, runsPerUser: 10 },
        both: { maxRuns: 3, runsPerUser: 2 },
        churn: { maxRuns: 4, runsPerUser: 2 },
        defaults: {},
        other: { maxRuns: 1, runsPerUser: 1 },
      },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  /** Uploads jobs that wait at the gate named like the service: `<service>-u<user>-<n>`. */
  function uploadGated(service: string, users: number[], jobsEach: number): Promise<number[]> {
    const jobs = upTo(jobsEach).flatMap((n) => users.map((user) => ({ user, name: `${service}-u${user}-${n}` })));
    return eachLimited(jobs, 1, ({ user, name }) => pair.submit(log.gatedScript(name, service), { user, service }));
  }

  /** Waits until so many run; then a job on another service goes the whole way, in which time one too many would start. */
  async function expectHeldAt(service: string, limit: number): Promise<void> {
    await eventually(() => log.running(`${service}-`).length >= limit, {
      lastSeen: () => `running: ${log.running(`${service}-`).join(' ')}`,
    });
    await pair.result(await pair.submit(script('true\n'), { service: 'other', user: 99 }));
    expect(log.running(`${service}-`).length).toBe(limit);
  }

  async function expectAllCompleted(ids: number[]): Promise<void> {
    const jobs = await allEnded(pair, ids);
    expect(tally(jobs.map((job) => job.status))).toEqual({ Completed: ids.length });
  }

  it('RUNS_PER_USER is reached and never exceeded by one user', async () => {
    const ids = await uploadGated('per_user', [1], 8);
    await expectHeldAt('per_user', 2);
    log.open('per_user');
    await expectAllCompleted(ids);
    expect(log.mostAtOnce('per_user-')).toBe(2);
  });

  it('MAX_RUNS is reached and never exceeded by all users together', async () => {
    const ids = await uploadGated('in_all', [1, 2, 3, 4], 3);
    await expectHeldAt('in_all', 3);
    log.open('in_all');
    await expectAllCompleted(ids);
    expect(log.mostAtOnce('in_all-')).toBe(3);
  });

  it('both limits hold together: one user fills his part and the next user the rest', async () => {
    const ids = [...(await uploadGated('both', [1], 4)), ...(await uploadGated('both', [2], 4))];
    await expectHeldAt('both', 3);
    expect(['both-u1-', 'both-u2-'].map((prefix) => log.running(prefix).length)).toEqual([2, 1]);
    log.open('both');
    await expectAllCompleted(ids);
    expect(log.mostAtOnce('both-')).toBe(3);
    expect(Math.max(log.mostAtOnce('both-u1-'), log.mostAtOnce('both-u2-'))).toBeLessThanOrEqual(2);
  });

  it('without the variables a user has 5 jobs and a service 10', async () => {
    const ids = await uploadGated('defaults', [1, 2, 3], 7);
    await expectHeldAt('defaults', 10);
    log.open('defaults');
    await expectAllCompleted(ids);
    expect(log.mostAtOnce('defaults-')).toBe(10);
    for (const user of [1, 2, 3]) expect(log.mostAtOnce(`defaults-u${user}-`)).toBeLessThanOrEqual(5);
  });

  it('the limits hold while jobs of all kinds of endings come and go', async () => {
    const endings = ['exit 0', 'exit 3', 'log end; kill -9 $$', 'sleep 0.2', 'sleep 0.05; exit 1', 'kill -TERM $$'];
    const ids = await eachLimited(upTo(72), 8, (n) => {
      const user = n % 4;
      return pair.submit(log.script(`churn-u${user}-${n}`, endings[n % endings.length]), { user, service: 'churn' });
    });
    await allEnded(pair, ids);
    expect(log.runs('churn-').length).toBe(72);
    expect(log.mostAtOnce('churn-')).toBeLessThanOrEqual(4);
    for (const user of upTo(4)) expect(log.mostAtOnce(`churn-u${user}-`)).toBeLessThanOrEqual(2);
  });
});
