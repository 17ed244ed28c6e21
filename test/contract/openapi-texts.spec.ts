import { request } from '../support/http';
import { checkExamples, type OpenApi, unexplained } from '../support/openapi';
import { Pair } from '../support/pair';

/** docs/api-reference.md is made of these documents: what they leave out, no reader learns. */
describe.each(['server', 'executor'] as const)('the OpenAPI document of the %s', (mode) => {
  let pair: Pair;
  let document: OpenApi;
  beforeAll(async () => {
    pair = await Pair.start();
    const { url } = mode === 'server' ? pair.server : pair.client;
    document = (await request(`${url}/api-docs/openapi.json`)).json<OpenApi>();
  });
  afterAll(() => pair.stop());

  it('says of every route, parameter, field and answer what it is', () => {
    expect(Object.keys(document.paths).length).toBeGreaterThan(5);
    expect(unexplained(document)).toEqual([]);
  });

  it('shows examples that are what their schema says', () => {
    const { count, faults } = checkExamples(document);
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });

  it('calls no whole number a mere number', () => {
    const fractions = Object.values(document.components?.schemas ?? {}).flatMap(({ properties = {} }) =>
      Object.entries(properties).filter(([, { type }]) => type === 'number'),
    );
    expect(fractions).toEqual([]);
  });
});
