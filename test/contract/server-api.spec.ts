import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusBody } from '../../src/wire/status-body';
import { expectRefusal, expectStatusBody } from '../support/answers';
import { eventually } from '../support/eventually';
import { heldJob } from '../support/held-job';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ZipContents } from '../support/zip';

describe('the contract of server mode', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  describe('POST /upload', () => {
    it('answers 201 with the id and Queued', async () => {
      const answer = await pair.upload({ 'run.sh': script('true') });
      const body = expectStatusBody(answer, 201, { status: 'Queued', message: 'Job successfully uploaded' });
      expect(body.id).toBeGreaterThan(0);
    });

    it('gives ascending ids', async () => {
      const first = await pair.submit(script('true'));
      expect(await pair.submit(script('true'))).toBe(first + 1);
    });

    it('takes parts in any order and file parts of any field name', async () => {
      const [user, service] = pair.textParts();
      const answer = await pair.uploadParts([
        { name: 'anything', filename: 'run.sh', content: script('ls > listing') },
        service!,
        { name: '', filename: 'input.pdb', content: 'ATOM' },
        user!,
        { name: 'user_id', filename: 'user_id', content: 'a file, since it has a filename' },
      ]);
      const { id } = expectStatusBody(answer, 201);
      expect((await pair.result(id)).text('listing')).toBe('input.pdb\nlisting\nrun.sh\nuser_id\n');
    });

    it.each(['0', '-1', '2147483647', '-2147483648'])('takes the user_id %s', async (user) => {
      const { id } = expectStatusBody(await pair.upload({ 'run.sh': script('true') }, { user }), 201);
      expect((await pair.job(id)).user_id).toBe(Number(user));
    });

    it.each(['abc', '', '1.5', '0x10', '2147483648', '-2147483649', '99999999999999999999', '1 2', '1e3'])(
      'refuses the user_id %j',
      async (user) => {
        const answer = await pair.upload({ 'run.sh': script('true') }, { user });
        expectRefusal(answer, 400, 'Invalid user_id, should be a number');
      },
    );

    it.each(['nope', '', 'example ', '../example', 'EXAMPLE', '__proto__', 'constructor'])(
      'refuses the service %j',
      async (service) => {
        expectRefusal(await pair.upload({ 'run.sh': script('true') }, { service }), 400, 'Invalid service');
      },
    );

    it('refuses a form without user_id, and one without service', async () => {
      const files = { 'run.sh': script('true') };
      expectRefusal(await pair.upload(files, { user: null }), 400, 'Missing user_id field');
      expectRefusal(await pair.upload(files, { service: null }), 400, 'Missing service field');
    });

    it('leaves nothing of a refused form', async () => {
      const before = pair.serverEntries();
      await pair.upload({ 'run.sh': script('true'), data: Buffer.alloc(100_000) }, { service: 'nope' });
      expect(pair.serverEntries()).toEqual(before);
    });

    it.each([
      ['without run.sh', { 'other.sh': script('true') }],
      ['without any file', {}],
    ])('takes an upload %s, which ends Invalid', async (_, files) => {
      const { id } = expectStatusBody(await pair.upload(files), 201, { status: 'Queued' });
      expect((await pair.waitFor(id, 'Invalid', 10_000)).message).toContain('run.sh');
    });

    it('ignores text parts that it does not know', async () => {
      expectStatusBody(await pair.upload({ 'run.sh': script('true') }, { fields: { submit: 'Send' } }), 201);
    });
  });

  describe('GET /download/{id}', () => {
    it('tells the status as JSON until the job is Completed, and then serves the zip, again and again', async () => {
      const { id, release } = await heldJob(pair);
      expectStatusBody(await pair.get(`/download/${id}`), 200, { id, status: 'Running' });
      release();
      await pair.waitFor(id, 'Completed');
      const [first, second] = [await pair.get(`/download/${id}`), await pair.get(`/download/${id}`)];
      expect(first.status).toBe(200);
      expect(first.contentType).toBe('application/zip');
      expect(first.headers['content-disposition']).toBe(`attachment; filename="job-${id}.zip"`);
      expect((await ZipContents.read(first.body)).text('out')).toBe('whole\n');
      expect(second.body.equals(first.body)).toBe(true);
    });

    it('tells Failed and Killed as JSON, with the reason', async () => {
      const failed = await pair.submit(script('exit 3'));
      await pair.waitFor(failed, 'Failed');
      const body = expectStatusBody(await pair.get(`/download/${failed}`), 200, { id: failed, status: 'Failed' });
      expect(body.message).toMatch(/exit code 3/);

      const { id } = await heldJob(pair);
      await pair.terminate(id);
      expectStatusBody(await pair.get(`/download/${id}`), 200, { id, status: 'Killed' });
    });

    it('holds every file of the working directory, sub-directories, inputs and log files included', async () => {
      const id = await pair.submit({
        'run.sh': script('mkdir -p a/b; echo 1 > a/b/c; echo to-out; echo to-err >&2'),
        'input.dat': 'in',
      });
      const zip = await pair.result(id);
      expect(zip.names()).toEqual(expect.arrayContaining(['run.sh', 'input.dat', 'a/b/c']));
      expect(zip.text('.orchestrator.stdout')).toBe('to-out\n');
      expect(zip.text('.orchestrator.stderr')).toBe('to-err\n');
    });
  });

  describe('GET /download_partial/{id}', () => {
    it('serves the working directory as it is, while the job runs, when it has failed and when it is Completed', async () => {
      const { id, release } = await heldJob(pair);
      expect((await pair.partial(id)).text('out')).toBe('half\n');
      release();
      await pair.waitFor(id, 'Completed');
      expect((await pair.partial(id)).text('out')).toBe('whole\n');

      const failed = await pair.submit(script('echo some > out; exit 1'));
      await pair.waitFor(failed, 'Failed');
      expect((await pair.partial(failed)).text('out')).toBe('some\n');
    });
  });

  describe('POST /terminate/{id}', () => {
    it('answers 200 once the job is Killed, and again afterwards', async () => {
      const { id } = await heldJob(pair);
      expectStatusBody(await pair.terminate(id), 200, { id, status: 'Killed', message: 'job terminated' });
      expect((await pair.status(id)).status).toBe('Killed');
      expectStatusBody(await pair.terminate(id), 200, { id, status: 'Killed', message: 'job terminated' });
    });

    it('answers 409 of a job that has ended by itself, which stays as it is', async () => {
      const done = await pair.submit(script('echo kept > out'));
      await pair.waitFor(done, 'Completed');
      expectStatusBody(await pair.terminate(done), 409, { id: done, status: 'Completed' });
      expect((await pair.result(done)).text('out')).toBe('kept\n');

      const failed = await pair.submit(script('exit 2'));
      await pair.waitFor(failed, 'Failed');
      expectStatusBody(await pair.terminate(failed), 409, { id: failed, status: 'Failed' });
      expect((await pair.status(failed)).message).toMatch(/exit code 2/);
    });
  });

  it('a job that its executor has not got yet tells why, has no partial results, and runs when it can', async () => {
    const alone = await Pair.start({ withClient: false });
    try {
      const id = await alone.submit(script('true'));
      const body = await eventually(async () => {
        const answer = await alone.get(`/download/${id}`);
        return /refused/i.test(answer.json<StatusBody>().message) && answer;
      });
      expectStatusBody(body, 200, { id, status: 'Queued' });
      expectStatusBody(await alone.get(`/download_partial/${id}`), 404);
      await alone.startClient();
      await alone.result(id);
    } finally {
      await alone.stop();
    }
  });

  it('when a service is no longer configured, what runs there is out of reach, and what has ended is still served', async () => {
    const changing = await Pair.start({ services: { old: {} } });
    try {
      const ended = await changing.submit(script('echo 1 > out'));
      await changing.waitFor(ended, 'Completed');
      const { id, release } = await heldJob(changing);
      await changing.restartServer({ services: { new: {} } });
      expectStatusBody(await changing.get(`/download_partial/${id}`), 400);
      expectStatusBody(await changing.get(`/download/${id}`), 200, { id, status: 'Running' });
      expect((await changing.result(ended)).text('out')).toBe('1\n');
      release();
      await changing.restartServer({ services: { old: {} } });
      expect((await changing.result(id)).text('out')).toBe('whole\n');
    } finally {
      await changing.stop();
    }
  });

  it('keeps its files where it was told', () => {
    expect(existsSync(join(pair.root, 'server', 'db.sqlite'))).toBe(true);
    expect(existsSync(pair.serverData)).toBe(true);
  });
});
