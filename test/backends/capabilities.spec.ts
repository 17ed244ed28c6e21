import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalPackage } from '../support-backends/local-package';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';

/** The backend of the tutorial with powers taken away, and a hand-over whose answer gets lost where a file says so. */
const LIMITED = `
import { Module } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { BackendCannotGiveError, BackendProvider, BackendUnclearError } from 'job-orchestrator/backend';
import { LocalBackend } from './local/dist/local.backend.js';

function limited(name, powers) {
  class Limited extends LocalBackend {
    constructor(config) {
      const mine = (service) => ({ ...service, backend: service.backend === name ? 'local' : 'other' });
      const services = [...config.services].map(([key, service]) => [key, mine(service)]);
      super({ ...config, services: new Map(services) });
    }
    capabilities() { return { ...super.capabilities(), ...powers }; }
    async submit(job, signal) {
      const ref = await super.submit(name === 'no-walltime' ? { ...job, walltimeMs: null } : job, signal);
      if (existsSync(process.env.LOSE_ANSWERS)) throw new BackendUnclearError('the answer got lost', true);
      return ref;
    }
    async poll(refs, signal) {
      const reports = await super.poll(refs, signal);
      if (name !== 'no-codes') return reports;
      return new Map([...reports].map(([ref, report]) => [ref, { ...report, exitCode: null, message: '' }]));
    }
    async fetch(ref, scope, signal) {
      const { state } = (await super.poll([ref], signal)).get(ref);
      if (name === 'no-partial' && state === 'running') throw new BackendCannotGiveError('asked in spite of it');
      return super.fetch(ref, scope, signal);
    }
  }
  BackendProvider(name)(Limited);
  return Limited;
}

export class LimitedModule {}
Module({
  providers: [
    limited('all', {}),
    limited('no-keys', { findsByKey: false }),
    limited('no-partial', { partialResults: false }),
    limited('no-codes', { exitCodes: false }),
    limited('no-walltime', { walltime: false }),
  ],
})(LimitedModule);
`;

const POWERS = ['all', 'no-keys', 'no-partial', 'no-codes', 'no-walltime'];
const serviceOf = (backend: string) => backend.replace('-', '_');

jest.setTimeout(120_000);

describe('what a backend says that it can do', () => {
  let local: LocalPackage;
  let pair: Pair;
  let loseAnswers: string;
  beforeAll(async () => {
    local = await LocalPackage.make();
    local.uninstall();
    writeFileSync(join(local.root, 'limited.mjs'), LIMITED);
    loseAnswers = join(local.root, 'lose-answers');
    const services = POWERS.flatMap((backend) => {
      const prefix = `SERVICE_${serviceOf(backend).toUpperCase()}`;
      return [
        [`${prefix}_BACKEND`, backend],
        [`${prefix}_${serviceOf(backend).toUpperCase()}_DIRECTORY`, join(local.root, backend)],
      ];
    });
    pair = await Pair.start({
      services: {},
      withClient: false,
      server: {
        BACKEND_MODULES: join(local.root, 'limited.mjs'),
        LOSE_ANSWERS: loseAnswers,
        SERVICE_NO_WALLTIME_MAX_RUNTIME: '1',
        ...(Object.fromEntries(services) as Record<string, string>),
      },
    });
  });
  afterAll(async () => {
    await pair.stop();
    local.remove();
  });

  const runs = (name: string) => {
    const file = join(pair.shared, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0;
  };

  it('decides whether a hand-over whose answer was lost is repeated', async () => {
    const counted = (name: string) => script(`echo x >> ${join(pair.shared, name)}`);
    writeFileSync(loseAnswers, '');
    const known = await pair.submit(counted('known'), { service: 'all' });
    const unknown = await pair.submit(counted('unknown'), { service: serviceOf('no-keys') });
    expect(await pair.waitFor(unknown, 'Failed')).toMatchObject({
      message: 'outcome of the hand-over unknown: the answer got lost',
    });
    await pair.waitFor(known, 'Completed');
    expect([runs('known'), runs('unknown')]).toEqual([1, 1]);
  });

  it('decides whether partial downloads are asked for, or answered with 404 and the reason', async () => {
    const waiting = script('echo begun > mark; while [ ! -e go ]; do sleep 0.05; done');
    const [open, closed] = await Promise.all(
      ['all', 'no-partial'].map((backend) => pair.submit(waiting, { service: serviceOf(backend) })),
    );
    await eventually(async () => (await pair.partial(open!)).has('mark'));
    await pair.waitFor(closed!, 'Running');
    const refused = await pair.get(`/download_partial/${closed!}`);
    expect([refused.status, refused.json()]).toEqual([
      404,
      {
        id: closed,
        status: 'Running',
        message: 'what runs the jobs of this service gives no files before their end',
      },
    ]);
    for (const id of [open!, closed!]) {
      expect((await pair.terminate(id)).status).toBe(200);
      await eventually(async () => (await pair.partial(id)).text('mark') === 'begun\n');
    }
  });

  it('decides what is said of a job that failed nobody knows how', async () => {
    const id = await pair.submit(script('exit 7'), { service: serviceOf('no-codes') });
    expect(await pair.waitFor(id, 'Failed')).toMatchObject({
      exit_code: null,
      message: 'its script failed; what runs it does not say with which exit code',
    });
  });

  it('decides whether the server itself ends jobs that run too long, soon after their time', async () => {
    const begun = Date.now();
    const id = await pair.submit(script('sleep 300'), { service: serviceOf('no-walltime') });
    expect(await pair.waitFor(id, 'Failed')).toMatchObject({
      message: 'ran longer than 1 s, the most that it may, and was ended',
    });
    // It looks every five seconds, and leaves no time for a grace that nobody takes.
    expect(Date.now() - begun).toBeLessThan(15_000);
  });
});
