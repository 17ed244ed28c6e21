import { UploadFieldError } from './jobs.errors';
import { readUploadFields } from './upload-fields';

function read(fields: Record<string, string>) {
  return readUploadFields(new Map(Object.entries(fields)));
}

describe('readUploadFields', () => {
  it.each([
    ['1', 1],
    ['+5', 5],
    ['-0', 0],
    ['007', 7],
    ['-2147483648', -2147483648],
    ['2147483647', 2147483647],
  ])('takes the user id %s', (text, userId) => {
    expect(read({ user_id: text, service: 'x' })).toEqual({ userId, service: 'x' });
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x10',
    'one',
    '2147483648',
    '-2147483649',
    '9'.repeat(400),
    '١',
    'NaN',
    '1\n',
  ])('refuses the user id %j', (text) => {
    expect(() => read({ user_id: text, service: 'x' })).toThrow('Invalid user_id, should be a number');
  });

  it('names the first field that is missing, in the wording of the contract', () => {
    expect(() => read({})).toThrow('Missing user_id field');
    expect(() => read({ user_id: 'x' })).toThrow('Invalid user_id, should be a number');
    expect(() => read({ user_id: '1' })).toThrow(new UploadFieldError('service', 'Missing service field'));
  });
});
