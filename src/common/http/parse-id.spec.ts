import { BadIdError, parseId } from './parse-id';

it.each([
  ['1', 1],
  ['007', 7],
  ['0', 0],
  ['-1', -1],
  ['999999999999999', 999_999_999_999_999],
])('%s is an id, whether or not a row has it', (text, id) => {
  expect(parseId(text)).toBe(id);
});

it.each(['', ' 1', '1 ', '1.0', '1e3', '0x1', '+1', '--1', 'one', '٣', '1\n', '9999999999999999', '1;DROP TABLE jobs'])(
  '%j is none',
  (text) => {
    expect(() => parseId(text)).toThrow(BadIdError);
  },
);

it('shows what it was given, shortened', () => {
  expect(() => parseId('x'.repeat(5000))).toThrow(`id: "${'x'.repeat(40)}" is not a number of a job`);
});
