import { eventually } from '../support/eventually';
import { Pair, type PairOptions } from '../support/pair';
import { script } from '../support/script';
import { eachLimited, upTo } from '../support-jobs/many';
import { RunLog } from '../support-jobs/run-log';
import { type Behaviour, FakeExecutor, payloadOf, sendHtml, sendJson } from '../support-faults/fake-executor';
import { owning } from '../support-faults/owned';
import { closingConnections } from '../support-faults/timed-scenarios';

const own = owning();

async function startWithFake(options: PairOptions = {}): Promise<{ pair: Pair; fake: FakeExecutor }> {
  const fake = await own(FakeExecutor.start());
  const services = { example: { base: fake.url, maxRuns: 200, runsPerUser: 200 } };
  return { fake, pair: await own(Pair.start({ withClient: false, services, ...options })) };
}

/** Waits until the job's message says this, in a state that is not final. */
async function saysMeanwhile(pair: Pair, id: number, text: RegExp, timeoutMs = 20_000): Promise<void> {
  await eventually(async () => text.test((await pair.job(id)).message), { timeoutMs });
  expect(['Queued', 'Processing', 'Submitted', 'Running']).toContain((await pair.job(id)).status);
}

const blackHole: Behaviour = () => undefined;

it('case 54: a peer that accepts and never answers holds up nobody else, and its job runs once it answers', async () => {
  const fake = await own(FakeExecutor.start());
  fake.behave(/./, blackHole);
  const services = {
    silent: { base: fake.url, maxRuns: 1, runsPerUser: 1 },
    healthy: { maxRuns: 30, runsPerUser: 30 },
  };
  const pair = await own(Pair.start({ services }));
  const log = new RunLog(pair.shared);
  const waiting = await pair.submit(script('true'), { service: 'silent' });
  const begin = performance.now();
  const ids = await eachLimited(upTo(20), 4, (n) => pair.submit(log.script(`case54-${n}`), { service: 'healthy' }));
  for (const id of ids) await pair.waitFor(id, 'Completed');
  expect(performance.now() - begin).toBeLessThan(10_000);
  await saysMeanwhile(pair, waiting, /no answer in time/);
  expect((await pair.job(waiting)).status).toBe('Queued'); // nothing was sent, so it holds no slot
  expect(fake.jobs).toEqual([]);
  fake.heal();
  expect((await pair.result(waiting)).text('out')).toBe('job 1\n');
  expect(fake.jobs).toHaveLength(1);
});

it('a hand-over that is never answered holds up no other of its service, also in a burst of uploads', async () => {
  const { pair, fake } = await startWithFake();
  fake.behave(/^POST \/submit/, blackHole, 1);
  await eachLimited(upTo(200), 40, () => pair.submit(script('true')));
  // All but the one whose answer never comes.
  await eventually(() => fake.jobs.length === 199, {
    timeoutMs: 10_000,
    lastSeen: () => `${fake.jobs.length} handed over`,
  });
});

it.each<[string, Behaviour, RegExp]>([
  [
    'HTML with status 200',
    (_, response) => sendHtml(response, 200),
    /executor answered 200 text\/html in place of JSON/,
  ],
  ['500 of a front', (_, response) => sendHtml(response, 500), /executor answered 500/],
  ['503 of a front', (_, response) => sendHtml(response, 503), /executor answered 503/],
  ['404 of a front', (_, response) => sendHtml(response, 404), /executor answered 404/],
])('a submission that is answered with %s waits, saying so, and is taken later', async (_, behaviour, message) => {
  const { pair, fake } = await startWithFake();
  fake.behave(/^POST \/submit/, behaviour);
  const id = await pair.submit(script('true'));
  await saysMeanwhile(pair, id, message);
  fake.heal();
  expect((await pair.result(id)).text('out')).toBe('job 1\n');
  expect(fake.jobs).toHaveLength(1);
});

it('a poll or a fetch that is answered with anything else, or without end, is asked again until the zip comes', async () => {
  const { pair, fake } = await startWithFake();
  const answers: Behaviour[] = [
    (_, response) => sendHtml(response, 200),
    (_, response) => sendHtml(response, 502),
    (_, response) => sendHtml(response, 404),
    (_, response) => sendJson(response, 200, { odd: true }),
    (_, response) => response.destroy(),
    (_, response) => void response.writeHead(200, { 'content-type': 'application/zip' }).end('PK is no archive'),
    (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":1,'),
    endless,
  ];
  fake.behave(/^GET \/retrieve\/1/, (request, response, usual) => (answers.shift() ?? usual)(request, response, usual));
  const id = await pair.submit(script('true'));
  expect((await pair.result(id, 45_000)).text('out')).toBe('job 1\n');
  expect(answers).toEqual([]);
  expect(fake.jobs).toHaveLength(1);
});

it('an executor that echoes all it was sent in each answer is understood, and costs no memory', async () => {
  const { pair, fake } = await startWithFake();
  fake.firstStatus = 'Running';
  fake.echo = { 'data.bin': 'x'.repeat(128 * 1024 * 1024) };
  const before = pair.server.memory().peak;
  const id = await pair.submit(script('true'));
  await pair.waitFor(id, 'Running', 20_000);
  fake.jobs[0]!.status = 'Completed';
  expect((await pair.result(id)).text('out')).toBe('job 1\n');
  expect(fake.jobs).toHaveLength(1);
  expect((pair.server.memory().peak - before) / 1024 / 1024).toBeLessThan(60);
});

/** Spaces in place of JSON, for as long as the peer takes them. */
const endless: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const block = Buffer.alloc(64 * 1024, ' ');
  const more = () => {
    while (!response.destroyed && response.write(block));
  };
  response.on('drain', more);
  more();
};

describe('an executor that has forgotten a job', () => {
  const forgets: Behaviour = (_, response) => sendJson(response, 404, payloadOf({ id: 0, status: 'Unknown' }));

  it('makes it Failed within 30 s, saying so', async () => {
    const { pair, fake } = await startWithFake();
    fake.firstStatus = 'Running';
    const id = await pair.submit(script('true'));
    await pair.waitFor(id, 'Running');
    fake.behave(/^GET \/retrieve\/1/, forgets);
    expect((await pair.waitFor(id, 'Failed')).message).toMatch(/executor does not know this job/);
    expect(fake.jobs).toHaveLength(1);
  });

  it('gets it again where MAX_ATTEMPTS allows a second attempt, with the uploaded files', async () => {
    const { pair, fake } = await startWithFake({ server: { SERVICE_EXAMPLE_MAX_ATTEMPTS: '2' } });
    fake.firstStatus = 'Running';
    const id = await pair.submit({ 'run.sh': script('true'), 'data.txt': 'the input' });
    await pair.waitFor(id, 'Running');
    fake.firstStatus = 'Completed';
    fake.behave(/^GET \/retrieve\/1$/, forgets);
    expect((await pair.result(id)).text('out')).toBe('job 2\n');
    expect(fake.submissions('the input')).toBe(2);
  });
});

it('a script that fails on an executor that says no exit code is not repeated, and its files can be had', async () => {
  const { pair, fake } = await startWithFake({ server: { SERVICE_EXAMPLE_MAX_ATTEMPTS: '2' } });
  fake.firstStatus = 'Failed';
  const id = await pair.submit(script('exit 1'));
  await pair.waitFor(id, 'Failed');
  expect(fake.jobs).toHaveLength(1);
  expect((await pair.partial(id)).text('out')).toBe('job 1\n');
});

it('case 55: a result that trickles delays no other job, of its service or another, nor /health', async () => {
  const fake = await own(FakeExecutor.start());
  const services = {
    slow: { base: fake.url, maxRuns: 50, runsPerUser: 50 },
    healthy: { maxRuns: 30, runsPerUser: 30 },
  };
  const pair = await own(Pair.start({ services }));
  let trickling = 0;
  fake.behave(/^GET \/retrieve\/([1-9]|1\d)$/, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/zip', 'content-length': 1_000_000 });
    trickling++;
    const timer = setInterval(() => response.write('PK\x03\x04PK'), 50);
    response.on('close', () => {
      trickling--;
      clearInterval(timer);
    });
  });
  // More of them than archives are fetched at a time.
  await eachLimited(upTo(19), 4, () => pair.submit(script('true'), { service: 'slow' }));
  await eventually(() => trickling >= 8, { lastSeen: () => `${trickling} trickling` });
  const begin = performance.now();
  const healthy = await pair.submit(script('echo ok > out'), { service: 'healthy' });
  const beside = await pair.submit(script('true'), { service: 'slow' });
  expect((await pair.result(healthy, 15_000)).text('out')).toBe('ok\n');
  expect((await pair.result(beside, 15_000)).text('out')).toBe('job 20\n');
  expect(performance.now() - begin).toBeLessThan(15_000);
  expect((await pair.get('/health')).status).toBe(200);
});

it('case 58: connections that the executor closes just when they are used again cost no job and repeat none', () =>
  closingConnections(own, 15, 250, 250));

it.each([
  ['Invalid', 'run.sh was refused; what runs it does not say why'],
  ['Failed', 'its script failed; what runs it does not say with which exit code'],
])(
  'a job that an executor of the Rust program calls %s says that there is no more to be known',
  async (state, message) => {
    const { pair, fake } = await startWithFake();
    fake.firstStatus = state;
    const id = await pair.submit(script('true'));
    expect(await pair.waitFor(id, state as 'Failed')).toMatchObject({ message });
  },
);
