import { expectRefusal } from '../support/answers';
import { eventually } from '../support/eventually';
import { fileParts } from '../support/http';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { FakeExecutor } from '../support-faults/fake-executor';
import { startClientWith } from '../support-faults/faulty-pair';
import { owning } from '../support-faults/owned';
import { uniqueSleep, untilGone } from '../support-jobs/processes';
import { RunLog } from '../support-jobs/run-log';

const ENDLESS = 'while :; do sleep 0.1; done';
const RUN = { 'run.sh': script('true') };

describe('the wishes of an upload for an executor', () => {
  let pair: Pair;
  let log: RunLog;
  beforeAll(async () => {
    pair = await Pair.start({
      services: { bound: {}, free: { maxRuns: 20, runsPerUser: 20 } },
      server: { SERVICE_BOUND_MAX_RUNTIME: '60' },
      client: { KILL_GRACE: '1' },
    });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  it('stand in any order, before and after the files, and are shown with the job', async () => {
    const [user, service] = pair.textParts();
    const walltime = { name: 'walltime', content: '60' };
    for (const parts of [
      [walltime, ...fileParts(RUN), user!, service!],
      [...fileParts(RUN), service!, user!, walltime],
    ]) {
      const answer = await pair.uploadParts(parts);
      const { id } = answer.json<{ id: number }>();
      expect(answer.json()).toEqual({ id, status: 'Queued', message: 'Job successfully uploaded' });
      expect(await pair.job(id)).toMatchObject({ walltime: 60, cpus: null, memory: null });
      await pair.waitFor(id, 'Completed');
    }
    const plain = await pair.submit(RUN, { fields: { walltime: '', cpus: '', memory: '' } });
    expect(await pair.job(plain)).toMatchObject({ walltime: null, cpus: null, memory: null });
    await pair.waitFor(plain, 'Completed');
  });

  it('are refused beyond the limit of the service, in a wrong form and twice, and nothing is left of the upload', async () => {
    const before = pair.serverEntries();
    const refused = async (fields: Record<string, string>, message: string, service = 'bound') =>
      expectRefusal(await pair.upload(RUN, { service, fields }), 400, message);
    await refused({ walltime: '61' }, 'walltime: 61 is more than service bound allows, 60 seconds');
    await refused({ walltime: '1.5' }, 'walltime: "1.5" is not a whole number of seconds from 1 to 60');
    await refused({ walltime: '0' }, 'walltime: "0" is not a whole number of seconds from 1 to 315360000', 'free');
    const twice = ['1', '1'].map((content) => ({ name: 'walltime', content }));
    const parts = [...twice, ...pair.textParts(), ...fileParts(RUN)];
    expectRefusal(await pair.uploadParts(parts), 400, 'walltime: is in the form more than once');
    const next = await pair.submit(RUN);
    await pair.waitFor(next, 'Completed');
    expect(pair.serverEntries()).toHaveLength(before.length + 1);
  });

  it.each(['cpus', 'memory'])('are refused where nobody keeps them: %s', async (field) => {
    const before = pair.serverEntries();
    expectRefusal(
      await pair.upload(RUN, { fields: { [field]: '1' } }),
      400,
      `${field}: 1 ${field === 'cpus' ? 'CPUs' : 'MiB'} can't be asked for: the backend of service bound does not give jobs CPUs or memory of their own`,
    );
    expect(pair.serverEntries()).toEqual(before);
  });

  it('are told with the service', async () => {
    expect((await pair.get('/services')).json()).toEqual([
      expect.objectContaining({
        name: 'bound',
        wishes: ['walltime'],
        max_walltime: 60,
        max_cpus: null,
        max_memory: null,
      }),
      expect.objectContaining({ name: 'free', wishes: ['walltime'], max_walltime: null }),
    ]);
  });

  it('end a script that runs longer, by SIGTERM, grace and SIGKILL: Failed, saying so, its files kept', async () => {
    const nap = uniqueSleep(318);
    const polite = log.script('polite', `trap "echo told > told; exit 0" TERM; ${ENDLESS}`);
    const deaf = log.script('deaf', `echo sofar > out; trap "" TERM; ${nap} & ${ENDLESS}`);
    const ids = await Promise.all(
      [polite, deaf].map((text) => pair.submit(text, { service: 'free', fields: { walltime: '2' } })),
    );
    for (const id of ids) {
      expect(await pair.waitFor(id, 'Failed')).toMatchObject({
        message: 'ran longer than 2 s, the most that it may, and was ended',
        walltime: 2,
      });
    }
    expect((await pair.partial(ids[0]!)).text('told')).toBe('told\n');
    expect((await pair.partial(ids[1]!)).text('out')).toBe('sofar\n');
    await untilGone(nap);
    const within = await pair.submit(RUN, { service: 'free', fields: { walltime: '2' } });
    await pair.waitFor(within, 'Completed');
  });

  it('go before the limit of the service, and are kept by an executor that was killed meanwhile', async () => {
    const id = await pair.submit(log.script('over-restart', ENDLESS), { service: 'bound', fields: { walltime: '5' } });
    await eventually(() => log.running('over-restart').length === 1);
    const begin = performance.now();
    await pair.client.kill9();
    await startClientWith(pair, { KILL_GRACE: '1' });
    expect((await pair.waitFor(id, 'Failed')).message).toMatch(/^ran longer than 5 s/);
    expect(performance.now() - begin).toBeLessThan(8_500);
  });
});

describe('the wishes of a job that waits', () => {
  const own = owning();

  it('outlive the server, and reach the executor that comes later', async () => {
    const pair = await own(Pair.start({ withClient: false }));
    const id = await pair.submit(script(ENDLESS), { fields: { walltime: '1' } });
    await pair.server.kill9();
    await pair.restartServer();
    expect(await pair.job(id)).toMatchObject({ status: 'Queued', walltime: 1 });
    await pair.startClient();
    expect((await pair.waitFor(id, 'Failed')).message).toMatch(/^ran longer than 1 s/);
  });

  it('are checked once more when its turn comes, as the limits may be others by then', async () => {
    const pair = await own(Pair.start({ withClient: false }));
    const [much, little] = [await pair.submit(RUN, { fields: { walltime: '60' } }), await pair.submit(RUN)];
    await pair.restartServer({ server: { SERVICE_EXAMPLE_MAX_RUNTIME: '30' } });
    await pair.startClient();
    expect((await pair.waitFor(much, 'Failed')).message).toBe(
      'walltime: 60 is more than service example allows, 30 seconds',
    );
    await pair.waitFor(little, 'Completed');
  });
});

describe("an executor of the original's contract, which knows no walltime", () => {
  const own = owning();

  it('has such a wish refused, also in the first upload of all', async () => {
    const fake = await own(FakeExecutor.start());
    const pair = await own(Pair.start({ withClient: false, services: { old: { base: fake.url } } }));
    expectRefusal(
      await pair.upload(RUN, { fields: { walltime: '5' } }),
      400,
      "walltime: 5 seconds can't be asked for: the backend of service old does not limit run times",
    );
    expect((await pair.get('/services')).json()).toEqual([expect.objectContaining({ name: 'old', wishes: [] })]);
    expect(pair.serverEntries()).toEqual([]);
  });

  it('refuses nothing before it was reached; then the server ends the job', async () => {
    const fake = await own(FakeExecutor.start());
    fake.firstStatus = 'Running';
    fake.behave(/^GET \/health/, (_, response) => void response.destroy());
    const pair = await own(Pair.start({ withClient: false, services: { old: { base: fake.url } } }));
    const id = await pair.submit(RUN, { fields: { walltime: '1' } });
    fake.heal();
    await pair.waitFor(id, 'Running');
    expect((await pair.waitFor(id, 'Failed', 15_000)).message).toBe(
      'ran longer than 1 s, the most that it may, and was ended',
    );
    expect(fake.seen).toContain('POST /kill/1');
  });
});
