import { request } from '../support/http';
import type { OpenApi } from '../support/openapi';
import { readPage } from '../support/pages';
import { Pair } from '../support/pair';

const PAGE = readPage('docs/api.md');
const [, SERVER = '', EXECUTOR = ''] = PAGE.split(/^## (?:Server|Executor)$/m);

/** What stands below the heading of a route, up to the next one. */
function sectionOf(route: string): string {
  const from = SERVER.indexOf(`### ${route}\n`);
  const rest = SERVER.slice(from + 4);
  return from === -1 ? '' : rest.slice(0, rest.search(/^### /m));
}

const routesOf = (document: OpenApi): string[] =>
  Object.entries(document.paths)
    .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`))
    .sort();

const routesIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/^\| .*$/gm)].flatMap(([row]) => firstCellRoutes(row)))].sort();

/** A row of a table of routes begins with one or several. */
function firstCellRoutes(row: string): string[] {
  const cell = row.split('|')[1] ?? '';
  return [...cell.matchAll(/`((?:GET|POST|DELETE) \/[^`]*)`/g)].map(([, route = '']) => route);
}

describe('docs/api.md', () => {
  let pair: Pair;
  let server: OpenApi;
  let executor: OpenApi;
  beforeAll(async () => {
    pair = await Pair.start();
    server = (await pair.get('/api-docs/openapi.json')).json<OpenApi>();
    executor = (await request(`${pair.client.url}/api-docs/openapi.json`)).json<OpenApi>();
  });
  afterAll(() => pair.stop());

  it('has exactly the routes that the document of the server has', () => {
    expect(routesIn(SERVER)).toEqual(routesOf(server));
  });

  it('has exactly the routes that the document of an executor has', () => {
    expect(routesIn(EXECUTOR)).toEqual(routesOf(executor));
  });

  it('stands beside a reference with a section for each of them', () => {
    const sections = [...readPage('docs/api-reference.md').matchAll(/^### ([A-Z]+ \/.*)$/gm)].map(([, route]) => route);
    const routes = new Set([...routesOf(server), ...routesOf(executor)]);
    expect(sections.sort()).toEqual([...routes].sort());
  });

  it('has exactly the fields of an upload', () => {
    const form = server.paths['/upload']?.post?.requestBody?.content['multipart/form-data']?.schema;
    const schema = form?.$ref ? server.components?.schemas?.[form.$ref.split('/').at(-1) ?? ''] : form;
    const table = sectionOf('POST /upload').split(/^\| status/m)[0] ?? '';
    const listed = [...table.matchAll(/^\| ([^|]*)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, field]) => field),
    );
    // Files may have any field name: the document has to choose one.
    const fields = Object.keys(schema?.properties ?? {}).filter((field) => !/^files?$/.test(field));
    expect(listed.sort()).toEqual(fields.sort());
  });

  it.each(['POST /upload', 'GET /download/{id}', 'GET /download_partial/{id}', 'POST /terminate/{id}'])(
    'has the answers to %s that the document has',
    (route) => {
      const [method = '', path = ''] = route.split(' ');
      const described = Object.keys(server.paths[path]?.[method.toLowerCase()]?.responses ?? {});
      const listed = [...sectionOf(route).matchAll(/^\| (\d{3})[ `]/gm)].map(([, status = '']) => status);
      // A fault of the server stands under "All routes".
      expect([...new Set([...listed, '500'])].sort()).toEqual([...new Set([...described, '500'])].sort());
    },
  );
});
