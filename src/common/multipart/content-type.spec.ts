import { readBoundary } from './content-type';
import { BadFormError } from './multipart-errors';

describe('the boundary of a request', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data; charset=utf-8; Boundary="a b;c"', 'a b;c'],
    ['multipart/form-data;boundary=----WebKitFormBoundaryx', '----WebKitFormBoundaryx'],
    [`multipart/form-data; boundary=${'x'.repeat(200)}`, 'x'.repeat(200)],
  ])('is read from %s', (header, boundary) => {
    expect(readBoundary(header)).toBe(boundary);
  });

  it.each([
    ['no header', undefined, /Content-Type header is missing/],
    ['an empty header', '', /Content-Type header is missing/],
    ['JSON', 'application/json', /Content-Type is "application\/json": multipart\/form-data is needed/],
    ['another multipart', 'multipart/mixed; boundary=a', /"multipart\/mixed"/],
    ['no boundary', 'multipart/form-data', /its boundary is missing/],
    ['an empty boundary', 'multipart/form-data; boundary=', /boundary .* is empty/],
    ['an empty boundary in quotes', 'multipart/form-data; boundary=""', /boundary .* is empty/],
    [
      'a boundary too long',
      `multipart/form-data; boundary=${'x'.repeat(201)}`,
      /201 characters long: the limit is 200/,
    ],
    ['two boundaries', 'multipart/form-data; boundary=a; boundary=b', /gives boundary twice/],
    ['a boundary not in ASCII', 'multipart/form-data; boundary="a\xe9"', /other than printable ASCII/],
    ['a header that cannot be read', 'multipart/form-data; boundary="a', /cannot be read/],
  ])('is refused with %s', (_, header, message) => {
    expect(() => readBoundary(header)).toThrow(BadFormError);
    expect(() => readBoundary(header)).toThrow(message);
  });
});
