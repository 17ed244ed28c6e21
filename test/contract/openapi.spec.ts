import { heldJob } from '../support/held-job';
import type { HttpAnswer } from '../support/http';
import { checkExamples, undescribed, type OpenApi, type SeenAnswer } from '../support/openapi';
import { Pair } from '../support/pair';
import { script } from '../support/script';

describe('the Swagger document of server mode', () => {
  let pair: Pair;
  let document: OpenApi;
  const seen: SeenAnswer[] = [];

  beforeAll(async () => {
    pair = await Pair.start({ server: { MAX_UPLOAD_BYTES: '100000' } });
    document = (await pair.get('/api-docs/openapi.json')).json<OpenApi>();
    await collect();
  });
  afterAll(() => pair.stop());

  /** Every answer that can be brought about here. */
  async function collect(): Promise<void> {
    const get = async (path: string, id: number | string = '') =>
      note('GET', path, await pair.get(path.replace('{id}', String(id))));
    const run = { 'run.sh': script('true') };
    note('POST', '/upload', await pair.upload(run));
    note('POST', '/upload', await pair.upload(run, { service: 'nope' }));
    note('POST', '/upload', await pair.upload({ ...run, big: Buffer.alloc(200_000) }));
    note('POST', '/upload', await pair.post('/upload', { body: 'zzz', headers: { 'content-type': 'text/plain' } }));

    const { id, release } = await heldJob(pair);
    for (const path of ['/download/{id}', '/download_partial/{id}', '/jobs/{id}']) {
      await get(path, id);
      await get(path, 987_654);
      await get(path, 'abc');
    }
    release();
    await pair.waitFor(id, 'Completed');
    await get('/download/{id}', id);
    await get('/jobs/{id}', id);

    const failed = await pair.submit(script('kill -9 $$'));
    await pair.waitFor(failed, 'Failed');
    await get('/download/{id}', failed);
    await get('/jobs/{id}', failed);

    const victim = await heldJob(pair);
    for (const target of [victim.id, id, 987_654, 'abc']) {
      note('POST', '/terminate/{id}', await pair.post(`/terminate/${target}`));
    }
    await get('/services');
    await get('/health');
    await get('/ready');
    await get('/');
  }

  function note(method: string, path: string, answer: HttpAnswer): void {
    const type = answer.contentType.split(';')[0] ?? '';
    const body = type === 'application/json' ? answer.json<unknown>() : undefined;
    seen.push({ method, path, status: answer.status, type, body });
  }

  it('describes every answer that came, with the body that came', () => {
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.flatMap((answer) => undescribed(document, answer))).toEqual([]);
  });

  it.each([
    ['post', '/upload', [201, 400, 413, 500, 503, 507]],
    ['get', '/download/{id}', [200, 404, 500]],
    ['get', '/download_partial/{id}', [200, 400, 404, 500]],
    ['post', '/terminate/{id}', [200, 404, 409, 500]],
    ['get', '/health', [200, 503]],
    ['get', '/ready', [200, 503]],
    ['get', '/', [200]],
    ['get', '/jobs/{id}', [200, 404]],
    ['get', '/services', [200]],
  ])('describes every answer of the contract to %s %s', (method, path, statuses) => {
    const responses = document.paths[path]?.[method]?.responses ?? {};
    expect(Object.keys(responses).map(Number)).toEqual(expect.arrayContaining(statuses));
  });

  it('describes a download as JSON or zip, and a partial download as zip', () => {
    const types = (path: string) => Object.keys(document.paths[path]?.get?.responses['200']?.content ?? {}).sort();
    expect(types('/download/{id}')).toEqual(['application/json', 'application/zip']);
    expect(types('/download_partial/{id}')).toEqual(['application/zip']);
  });

  it('gives examples that are what their schema says', () => {
    const { count, faults } = checkExamples(document);
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(0);
  });

  it('describes the wishes of a job with their limits, and has "Try it out" send none of them unasked', () => {
    const form = document.paths['/upload']?.post?.requestBody?.content['multipart/form-data']?.schema?.properties ?? {};
    expect([form.walltime, form.cpus, form.memory]).toMatchObject([
      { type: 'integer', minimum: 1, maximum: 315_360_000, example: '' },
      { type: 'integer', minimum: 1, maximum: 1_000_000, example: '' },
      { type: 'integer', minimum: 1, maximum: 1_000_000_000, example: '' },
    ]);
  });

  it('lets "Try it out" submit a job: what it shows as examples is a form that runs', async () => {
    const schema = document.paths['/upload']?.post?.requestBody?.content['multipart/form-data']?.schema;
    const form = schema?.$ref === undefined ? schema : document.components?.schemas?.[schema.$ref.split('/').at(-1)!];
    const properties = form?.properties ?? {};
    expect(JSON.stringify(properties)).toContain('"format":"binary"');
    const examples = Object.entries(properties).flatMap(([name, { example }]) =>
      typeof example === 'string' || typeof example === 'number' ? [{ name, content: String(example) }] : [],
    );
    expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(['user_id', 'service']));
    const answer = await pair.uploadParts(examples);
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 201 });
    await pair.result(answer.json<{ id: number }>().id);
  });
});
