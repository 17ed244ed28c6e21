import { inspect } from 'node:util';
import { EndpointUrl, EndpointUrlError, redactUrl } from './endpoint-url';

describe('an endpoint URL', () => {
  it.each([
    ['http://client:9000/submit', 'http://client:9000', '/submit', '/submit/7', '/next'],
    ['http://client:9000/submit///', 'http://client:9000', '/submit', '/submit/7', '/next'],
    ['https://host/a/b/submit/', 'https://host', '/a/b/submit', '/a/b/submit/7', '/a/b/next'],
    [
      'http://host/a/submit?site=x&k=1',
      'http://host',
      '/a/submit?site=x&k=1',
      '/a/submit/7?site=x&k=1',
      '/a/next?site=x&k=1',
    ],
    ['http://host/submit/?k=a/b/', 'http://host', '/submit?k=a/b/', '/submit/7?k=a/b/', '/next?k=a/b/'],
    ['http://host', 'http://host', '/', '/7', '/next'],
    ['http://host/', 'http://host', '/', '/7', '/next'],
    ['http://host?k=1', 'http://host', '/?k=1', '/7?k=1', '/next?k=1'],
    ['http://localhost:9000/submit', 'http://localhost:9000', '/submit', '/submit/7', '/next'],
    ['http://[::1]:9000/submit', 'http://[::1]:9000', '/submit', '/submit/7', '/next'],
    ['HTTP://Host:80/submit', 'http://host', '/submit', '/submit/7', '/next'],
    ['http://host/@scope/submit', 'http://host', '/@scope/submit', '/@scope/submit/7', '/@scope/next'],
  ])('(case 74) %s works bare, with an id and beside itself', (text, origin, path, withId, beside) => {
    const url = EndpointUrl.parse(text);
    expect([url.origin, url.path, url.pathFor(7), url.sibling('next').path]).toEqual([origin, path, withId, beside]);
    expect(url.sibling('next').pathFor('a/b')).toBe(beside.replace('next', 'next/a%2Fb'));
    expect(url.authorization).toBeNull();
  });

  it.each([
    ['http://user:password@host/submit', 'user:password'],
    ['http://us%40er:p%40s%3As%2F%23%25@host/submit', 'us@er:p@s:s/#%'],
    ['http://user@host/submit', 'user:'],
    ['http://:key@host/submit', ':key'],
    ['http://user:p@ss@host/submit', 'user:p@ss'],
    ['http://user:gr%C3%BCn@host/submit', 'user:grün'],
  ])('(case 74) %s sends its user and password as Basic authentication', (text, credentials) => {
    const url = EndpointUrl.parse(text);
    expect(url.authorization).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`);
    expect(url.sibling('health').authorization).toBe(url.authorization);
  });

  it('(case 74) never shows its password when printed, inspected or serialised', () => {
    const url = EndpointUrl.parse('http://user:s3cret@host:81/submit?site=a');
    const basic = Buffer.from('user:s3cret').toString('base64');
    const shown = [String(url), JSON.stringify({ url }), inspect({ url }, { depth: 9, showHidden: true })].join('\n');
    expect(shown).not.toContain('s3cret');
    expect(shown).not.toContain(basic);
    expect(String(url)).toBe('http://host:81/submit?site=a');
    expect(JSON.stringify(url)).toBe('"http://host:81/submit?site=a"');
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(EndpointUrl.parse('http://host/submit'))).toBe(true);
  });

  it.each([
    ['ftp://host/submit', /http or https/],
    ['client:9000/submit', /http or https/],
    ['/submit', /http or https/],
    ['http:host/submit', /http or https/],
    ['http:///submit', /http or https/],
    ['http://host/submit#top', /fragment/],
    ['http://host/submit#', /fragment/],
    ['http://host/sub mit', /space/],
    ['http://host/submit\r', /control/],
    ['http://host\\submit', /backslash/],
    ['http://host:99999/submit', /cannot be read/],
    ['http://ho<st/submit', /cannot be read/],
    ['http://user:pass@/submit', /cannot be read/],
    ['http://host:0/submit', /port 0/],
    ['http://user:12/34@host/submit', /@ behind its port/],
    ['http://user:12?34@host/submit', /@ behind its port/],
    ['http://user:100%@host/submit', /percent-encoded/],
    ['http://us%3Aer:x@host/submit', /colon in its user/],
  ])('refuses %j and says why, without the text', (text, reason) => {
    const parse = (): EndpointUrl => EndpointUrl.parse(text);
    expect(parse).toThrow(EndpointUrlError);
    expect(parse).toThrow(reason);
  });
});

describe('a refused URL in a message', () => {
  it.each([
    ['ftp://user:s3cret@host/x', '***@host/x'],
    ['http://user:s3/cr@et@host/x', '***@host/x'],
    ['http://user:s3cret', 'http://user:***'],
    ['user:s3cret/host', 'user:***'],
    ['http://host/x?token=s3cret', 'http://host/x?***'],
    ['http://host/x#s3cret', 'http://host/x?***'],
    ['client:9000/submit', 'client:9000/submit'],
    ['http://host:99999/x', 'http://host:99999/x'],
  ])('%s is shown as %s', (text, shown) => {
    expect(redactUrl(text)).toBe(shown);
  });
});
