import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Failpoint } from '../../src/common/failpoint';
import { eventually } from '../support/eventually';
import { fileParts, type HttpAnswer, multipart } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { script } from '../support/script';
import { eachLimited, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { diesAtFailpoint } from '../support-faults/faulty-pair';
import { owning } from '../support-faults/owned';
import { killedWhileHandingOver } from '../support-faults/timed-scenarios';
import { FakeExecutor } from '../support-faults/fake-executor';

const own = owning();

const SERVER_POINTS: Failpoint[] = [
  'upload:received',
  'upload:published',
  'upload:committed',
  'dispatch:processing',
  'dispatch:taken',
  'dispatch:submitted',
  'collect:fetched',
  'collect:renamed',
  'end:stored',
];

/** An upload whose answer may be lost, and that can be repeated. `null`: no answer came. */
async function uploadOnce(pair: Pair, run: string, key: string): Promise<HttpAnswer | null> {
  const form = multipart([...pair.textParts(), ...fileParts({ 'run.sh': run, 'input.txt': key })]);
  const headers = { ...form.headers, 'idempotency-key': key };
  return pair.post('/upload', { headers, body: form.body }).catch(() => null);
}

describe('a server that is killed at any instant', () => {
  let pair: Pair;
  let log: RunLog;
  let accepted = 0;
  beforeAll(async () => {
    pair = await Pair.start({ services: { example: { maxRuns: 1, runsPerUser: 1 } } });
    log = new RunLog(pair.shared);
  });
  afterAll(() => pair.stop());

  it.each(SERVER_POINTS)('goes on with the job when it starts again after a death at %s', async (point) => {
    const name = point.replace(':', '-');
    const run = log.script(name, 'cat input.txt > out');
    await pair.restartServer({ server: { FAILPOINT: point } });
    const first = uploadOnce(pair, run, name);
    await diesAtFailpoint(pair.server);
    const answer = await first;
    await pair.restartServer({ server: {} });
    const id = acceptedId(answer ?? (await uploadOnce(pair, run, name))!);
    accepted++;
    expect(id).toBe(accepted); // the repeat of a committed upload is the same job
    expect((await pair.result(id)).text('out')).toBe(name);
    expect(log.started(name)).toEqual([name]);
  });

  it('has its slots right afterwards, and leaves nothing behind that has no row, on either side', async () => {
    const ids = await eachLimited(upTo(3), 3, (n) => pair.submit(log.script(`after${n}`, 'sleep 0.1')));
    for (const id of ids) await pair.waitFor(id, 'Completed');
    expect(log.mostAtOnce()).toBe(1);
    await eventually(() => readdirSync(pair.clientData).length === 0, {
      lastSeen: () => String(readdirSync(pair.clientData)),
    });
    // What was published without a row might be a job whose database was restored: it goes by age.
    expect(pair.serverEntries().length).toBe(accepted + 3 + 1);
    await pair.restartServer({ server: { MAX_AGE: '1' } });
    await eventually(() => pair.serverEntries().length <= accepted + 3, {
      lastSeen: () => String(pair.serverEntries()),
    });
  });
});

it('case 47: jobs that are Processing when the server is killed are all handed over once', () =>
  killedWhileHandingOver(own, 30, 512 * 1024));

it('case 49: a fetch that the server died in starts over, at an executor that refuses ranges', async () => {
  const fake = await own(FakeExecutor.start());
  const pair = await own(Pair.start({ withClient: false, services: { example: { base: fake.url } } }));
  let ranges = 0;
  let isCut = true;
  fake.behave(/^GET \/retrieve\/1$/, async (request, response, usual) => {
    ranges += request.headers.range === undefined ? 0 : 1;
    if (request.headers.range !== undefined) {
      response.writeHead(416).end();
    } else if (isCut) {
      const zip = fake.zip(fake.jobs[0]!);
      response.writeHead(200, { 'content-type': 'application/zip', 'content-length': zip.length });
      response.write(zip.subarray(0, 60)); // and no more
    } else {
      await usual();
    }
  });
  const id = await pair.submit(script('true'));
  await eventually(() => pair.serverEntries().some((name) => isHalf(join(pair.serverData, name, 'output.zip.part'))));
  await pair.server.kill9();
  isCut = false;
  await pair.restartServer();
  expect((await pair.result(id)).text('out')).toBe('job 1\n');
  expect(fake.submissions('run.sh')).toBe(1);
  expect(ranges).toBe(0);
});

function isHalf(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
