import { pauseMs } from './follow-job';
import { bytesText, readJobId, readSeconds, readUserId } from './numbers';

it('a young job is asked for four times a second, one of hours every ten seconds', () => {
  expect([0, 1_000, 10_000, 60_000, 3_600_000].map(pauseMs)).toEqual([250, 250, 1_000, 6_000, 10_000]);
});

it.each(['', 'abc', '-1', '1.5', '1e3', '0x1', '1'.repeat(16)])('%j is no id of a job', (text) => {
  expect(() => readJobId(text)).toThrow(/is not the id of a job/);
});

it('a user is a whole number of 32 bits, as the server takes it', () => {
  expect(['0', '-2147483648', '2147483647'].map(readUserId)).toEqual([0, -2147483648, 2147483647]);
  for (const text of ['2147483648', '1.0', '1e2', '', ' 1', 'NaN']) {
    expect(() => readUserId(text)).toThrow(/--user/);
  }
});

it('seconds are a number that a timer takes', () => {
  expect(['0', '0.5', '2147483'].map((text) => readSeconds('--timeout', text))).toEqual([0, 0.5, 2147483]);
  for (const text of ['2147484', '-1', '1h', '']) {
    expect(() => readSeconds('--timeout', text)).toThrow(/--timeout/);
  }
});

it('sizes are read at a glance', () => {
  expect([0, 1023, 1024, 1.5 * 1024 ** 2, 5 * 1024 ** 4].map(bytesText)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '1.5 MiB',
    '5.0 TiB',
  ]);
});
