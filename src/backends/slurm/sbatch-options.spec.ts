import { parseOptions, restProperties } from './sbatch-options';

describe('further options of sbatch', () => {
  it('are taken in their order as far as they are allowed', () => {
    expect(parseOptions('  --exclusive --nice=-5\t--licenses=a:2,b ', 'cli')).toEqual({
      options: [
        { name: 'exclusive', value: null },
        { name: 'nice', value: '-5' },
        { name: 'licenses', value: 'a:2,b' },
      ],
      faults: [],
    });
  });

  it.each([
    ['--output=/etc/passwd', /is not allowed; there are .*--nice/],
    ['--wrap=x', /is not allowed/],
    ['--uid=0', /is not allowed/],
    ['-N2', /is not of the form/],
    ['nice=1', /is not of the form/],
    ['--nice', /needs a value/],
    ['--nice=$(id)', /needs a number/],
    ['--licenses=$(id)', /characters/],
    ['--exclusive=user', /takes no value/],
    ['--constructor', /is not allowed/],
  ])('%s is refused', (text, reason) => {
    expect(parseOptions(text, 'cli')).toEqual({ options: [], faults: [expect.stringMatching(reason)] });
  });

  it('must have a place in a REST submission where that is the transport', () => {
    const { options, faults } = parseOptions('--nice=5 --ntasks=2 --requeue --wckey=w --exclusive', 'rest');
    expect(faults).toEqual([
      expect.stringMatching(/^"--exclusive" has no place in a REST submission; there are --licenses/),
    ]);
    expect(restProperties(options)).toEqual({ nice: 5, tasks: 2, requeue: true, wckey: 'w' });
  });
});
