import { fromStored, isStatus, STATUSES, toStored } from './status';

describe('statuses', () => {
  it('are spelled as the contract says', () => {
    expect(STATUSES.join(' ')).toBe(
      'Queued Processing Submitted Prepared Running Completed Failed Invalid Killed Cleaned Locked Unknown',
    );
  });

  it.each(STATUSES)('%s is stored in lower case and read back', (status) => {
    expect(toStored(status)).toBe(status.toLowerCase());
    expect(fromStored(toStored(status))).toBe(status);
    expect(isStatus(status)).toBe(true);
  });

  it.each(['', 'Queued', 'done', 'constructor', ' queued'])('%j in the database is refused, by name', (text) => {
    expect(() => fromStored(text)).toThrow(`unknown status ${JSON.stringify(text)} in the database`);
  });

  it.each(['queued', '', 'toString', 0, null, undefined, ['Queued']])('%j is no status', (value) => {
    expect(isStatus(value)).toBe(false);
  });
});
