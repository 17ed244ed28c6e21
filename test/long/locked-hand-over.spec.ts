import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectStatusBody } from '../support/answers';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';

/**
 * A backend whose answers get lost, until the file `clear` says that it has nothing of the job, and takes none; and which
 * confirms a termination once the file `confirm` is there.
 */
const UNSURE = `
const { existsSync, appendFileSync } = require('node:fs');
const { join } = require('node:path');
const { Module } = require('@nestjs/common');
const { BackendProvider, BackendUnavailableError, BackendUnclearError } = require('job-orchestrator/backend');
const has = (name) => existsSync(join(__dirname, name));
class Unsure {
  capabilities() {
    return { findsByKey: true, partialResults: true, exitCodes: true, walltime: true, resources: false };
  }
  pollEveryMs() { return 1000; }
  async ready() {}
  async submit() {
    appendFileSync(join(__dirname, 'submissions'), 'x');
    if (has('clear')) throw new BackendUnavailableError('it takes none');
    throw new BackendUnclearError('the answer got lost', true);
  }
  async find() {
    if (has('clear')) return 'absent';
    throw new BackendUnclearError('nobody knows', true);
  }
  async poll() { return new Map(); }
  async fetch() { throw new Error('there is nothing'); }
  async terminate() {
    if (!has('confirm')) throw new BackendUnclearError('not confirmed', true);
  }
  async release() {}
}
BackendProvider('unsure')(Unsure);
class UnsureModule {}
Module({ providers: [Unsure] })(UnsureModule);
exports.UnsureModule = UnsureModule;
`;

describe('a job whose termination nobody could confirm in time, while its hand-over was unclear', () => {
  let directory: string;
  let pair: Pair;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-unsure-'));
    writeFileSync(join(directory, 'unsure.js'), UNSURE);
    const server = { BACKEND_MODULES: join(directory, 'unsure.js'), SERVICE_UNSURE_BACKEND: 'unsure' };
    pair = await Pair.start({ services: {}, withClient: false, server });
  });
  afterAll(async () => {
    await pair.stop();
    rmSync(directory, { recursive: true });
  });

  it('is Killed once it is confirmed, though its backend turned out never to have had it', async () => {
    const submissions = () => {
      const file = join(directory, 'submissions');
      return existsSync(file) ? readFileSync(file, 'utf8').length : 0;
    };
    const id = await pair.submit(script('true'), { service: 'unsure' });
    await eventually(() => submissions() === 1);
    expectStatusBody(await pair.terminate(id), 500, { id, status: 'Locked' });
    writeFileSync(join(directory, 'clear'), '');
    await eventually(() => submissions() === 2, { timeoutMs: 30_000 });
    expect((await pair.status(id)).status).toBe('Locked');
    writeFileSync(join(directory, 'confirm'), '');
    await pair.waitFor(id, 'Killed', 30_000);
  }, 120_000);
});
