import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { eventually } from '../support/eventually';
import { Executor, expectPayload } from '../support/executor';
import { fileParts, multipart, request, type FileMap } from '../support/http';
import { script } from '../support/script';
import { ZipContents } from '../support/zip';

const NOBODY = 987_654; // an id that no payload has

describe('the contract of client mode', () => {
  let client: Executor;
  beforeAll(async () => {
    client = await Executor.start({ KILL_GRACE: '1' });
  });
  afterAll(() => client.stop());

  describe('POST /submit', () => {
    it('answers 200 with a Prepared payload of an ascending id', async () => {
      const first = expectPayload(await client.submit({ 'run.sh': script('true') }), 200, {
        status: 'Prepared',
        killed: false,
      });
      const second = expectPayload(await client.submit({ 'run.sh': script('true') }), 200, { status: 'Prepared' });
      expect(first.id).toBeGreaterThan(0);
      expect(second.id).toBeGreaterThan(first.id);
    });

    it('takes names from the filename, whatever the part is called', async () => {
      const answer = await client.submitParts([
        { name: 'data/4b6a/run.sh', filename: 'run.sh', content: script('ls > listing') },
        { disposition: `form-data; name*=utf-8''%C3%A9; filename="é ü.txt"`, filename: '', content: 'x' },
        {
          disposition: 'form-data; name="with \\"quotes\\""; filename="with \\"quotes\\".txt"',
          filename: '',
          content: 'y',
        },
      ]);
      const zip = await client.fetched(expectPayload(answer, 200).id);
      expect(zip.text('listing')).toBe('listing\nrun.sh\nwith "quotes".txt\né ü.txt\n');
    });

    it('needs no user_id and no service, and ignores text parts', async () => {
      expectPayload(
        await client.submitParts([{ name: 'x', content: 'y' }, ...fileParts({ 'run.sh': script('true') })]),
        200,
      );
    });

    it('has no size limit: more than the server takes by default is accepted', async () => {
      const { headers, body } = multipart(
        fileParts({ 'run.sh': script('stat -c %s big > size'), big: Buffer.alloc(0) }),
      );
      const size = 401 * 1024 * 1024;
      const cut = body.indexOf('filename="big"');
      const at = body.indexOf('\r\n\r\n', cut) + 4;
      const block = Buffer.alloc(1024 * 1024);
      function* pieces() {
        yield body.subarray(0, at);
        for (let sent = 0; sent < size; sent += block.length) yield block;
        yield body.subarray(at);
      }
      const answer = await client.post('/submit', {
        headers: { ...headers, 'content-length': body.length + size },
        body: Readable.from(pieces()),
        timeoutMs: 60_000,
      });
      const { id } = expectPayload(answer, 200);
      await eventually(async () => (await client.get(`/retrieve/${id}`, { dropZip: true })).isZip, {
        timeoutMs: 60_000,
      });
      await request(`${client.program.url}/payloads/${id}`, { method: 'DELETE' });
    }, 120_000);

    it.each<[string, string | undefined, string]>([
      ['no multipart', 'application/json', '{}'],
      ['no type', undefined, 'x'],
      ['no boundary', 'multipart/form-data', 'x'],
      ['a body without its boundary', 'multipart/form-data; boundary=xyz', 'zzz'],
    ])('refuses %s with a Payload', async (_, type, body) => {
      const answer = await client.post('/submit', {
        headers: type === undefined ? {} : { 'content-type': type },
        body,
      });
      expectPayload(answer, 400, { id: 0, status: 'Unknown' });
    });

    it('refuses two files of one name', async () => {
      const run = { filename: 'run.sh', content: script('true') };
      const twice = [run, { filename: 'a', content: '1' }, { filename: 'b/a', content: '2' }];
      expectPayload(await client.submitParts(twice), 400, { id: 0, status: 'Unknown' });
    });

    it('takes a job without run.sh, or without any file, which ends Invalid', async () => {
      for (const files of [{ other: '1' }, {}] as FileMap[]) {
        const { id } = expectPayload(await client.submit(files), 200);
        expect((await client.reaches(id, 'Invalid')).message).toContain('run.sh');
      }
    });
  });

  describe('GET /retrieve/{id}', () => {
    it('tells the payload until it is Completed, and then serves the zip, again and again', async () => {
      const gate = join(client.home, 'gate-retrieve');
      const id = await client.submitted(`until [ -e ${gate} ]; do sleep 0.05; done; echo 1 > out`);
      await client.reaches(id, 'Running');
      expect((await client.reaches(id, 'Running')).pid).toBeGreaterThan(0);
      writeFileSync(gate, '');
      expect((await client.fetched(id)).text('out')).toBe('1\n');
      const [first, second] = [await client.get(`/retrieve/${id}`), await client.get(`/retrieve/${id}`)];
      expect([first.isZip, second.isZip]).toEqual([true, true]);
      expect((await ZipContents.read(second.body)).names()).toEqual((await ZipContents.read(first.body)).names());
    });

    it('tells Failed as a payload, with exit code and reason', async () => {
      const payload = await client.reaches(await client.submitted('exit 7'), 'Failed');
      expect(payload).toMatchObject({ exit_code: 7, killed: false, message: expect.stringMatching(/7/) as string });
    });
  });

  describe('GET /retrieve_partial/{id}', () => {
    it('serves a zip of any known payload: running, Completed, Failed, Killed and Invalid', async () => {
      const running = await client.submitted('echo half > out; sleep 60');
      await client.reaches(running, 'Running');
      const partial = async (id: number) => {
        const answer = await client.get(`/retrieve_partial/${id}`);
        expect(answer.isZip).toBe(true);
        return ZipContents.read(answer.body);
      };
      await eventually(async () => (await partial(running)).has('out'));
      expect((await client.post(`/kill/${running}`)).status).toBe(200);
      expect((await partial(running)).text('out')).toBe('half\n');

      const failed = await client.submitted('echo some > out; exit 1');
      await client.reaches(failed, 'Failed');
      expect((await partial(failed)).text('out')).toBe('some\n');

      const completed = await client.submitted('echo all > out');
      await client.fetched(completed);
      expect((await partial(completed)).text('out')).toBe('all\n');

      const invalid = expectPayload(await client.submit({ input: 'kept' }), 200).id;
      await client.reaches(invalid, 'Invalid');
      expect((await partial(invalid)).text('input')).toBe('kept');
    });
  });

  describe('POST /kill/{id}', () => {
    it('answers 200 with an empty body once nothing runs any more, and again afterwards', async () => {
      const id = await client.submitted('sleep 60');
      const { pid } = await client.reaches(id, 'Running');
      for (let times = 0; times < 2; times++) {
        const answer = await client.post(`/kill/${id}`);
        expect([answer.status, answer.text]).toEqual([200, '']);
        expectPayload(await client.get(`/retrieve/${id}`), 200, { id, status: 'Killed', killed: true });
        expect(existsSync(`/proc/${pid}`)).toBe(false);
      }
    });

    it('answers 200 of a payload that has ended, which stays as it is', async () => {
      const id = await client.submitted('echo 1 > out');
      await client.fetched(id);
      expect((await client.post(`/kill/${id}`)).status).toBe(200);
      expect((await client.fetched(id)).text('out')).toBe('1\n');
    });

    it('answers 200 of one that has hardly arrived, which then never completes', async () => {
      const id = await client.submitted('sleep 2; echo 1 > out');
      expect((await client.post(`/kill/${id}`)).status).toBe(200);
      expectPayload(await client.get(`/retrieve/${id}`), 200, { id, status: 'Killed' });
    });
  });

  describe('the rest', () => {
    it('GET /load is a bare number of percent', async () => {
      const answer = await client.get('/load');
      expect(answer.status).toBe(200);
      expect(answer.contentType).toMatch(/^application\/json/);
      expect(answer.text).toMatch(/^\d+(\.\d+)?$/);
      expect(answer.json<number>()).toBeLessThanOrEqual(100);
    });

    it('GET / answers pong and GET /health ok, with the version of the wire', async () => {
      expect((await client.get('/')).json()).toEqual({ message: 'pong' });
      expect((await client.get('/health')).json()).toMatchObject({ status: 'ok', database: 'ok', wire: 2 });
    });

    it.each([
      ['GET', '/retrieve'],
      ['GET', '/retrieve_partial'],
      ['POST', '/kill'],
    ])(
      '%s %s/{id} answers 404 with a Payload for an id that nobody has, and 400 or 404 for what is none',
      async (method, path) => {
        for (const id of [NOBODY, 0, -1]) {
          expectPayload(await client.get(`${path}/${id}`, { method }), 404, { id: 0, status: 'Unknown' });
        }
        for (const id of ['abc', '1.5', '99999999999999999999', '%00']) {
          const answer = await client.get(`${path}/${id}`, { method });
          expectPayload(answer, answer.status === 404 ? 404 : 400, { id: 0, status: 'Unknown' });
        }
      },
    );

    it.each([
      ['GET', '/submit', 'POST'],
      ['POST', '/retrieve/1', 'GET'],
      ['POST', '/retrieve_partial/1', 'GET'],
      ['GET', '/kill/1', 'POST'],
      ['POST', '/load', 'GET'],
      ['POST', '/health', 'GET'],
    ])('%s %s is 405 with a Payload', async (method, path, allowed) => {
      const answer = await client.get(path, { method });
      expectPayload(answer, 405, { id: 0, status: 'Unknown' });
      expect(answer.headers.allow).toContain(allowed);
    });

    it('a path that nobody serves is 404 with a Payload', async () => {
      expectPayload(await client.get('/nope'), 404, { id: 0, status: 'Unknown' });
    });
  });
});
