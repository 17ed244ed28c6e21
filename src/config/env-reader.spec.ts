import { ConfigError } from './config-error';
import { EnvReader } from './env-reader';
import { VARIABLES } from './variables';

function faultsOf(env: Record<string, string | undefined>, read: (reader: EnvReader) => unknown): readonly string[] {
  const reader = new EnvReader(env);
  read(reader);
  return reader.faults;
}

describe('an integer variable', () => {
  it.each([
    'abc',
    '1e3',
    '-1',
    '+1',
    '5.5',
    '0x10',
    '1_000',
    ' 5',
    '5 ',
    '5\r',
    '٣',
    '26',
    '9'.repeat(400),
    'NaN',
    'Infinity',
  ])('(case 73) %j is a fault of one line with the variable, the value and what is allowed', (value) => {
    const faults = faultsOf({ KILL_GRACE: value }, (reader) => reader.integer(VARIABLES.killGrace));
    expect(faults).toEqual([
      expect.stringMatching(
        /^KILL_GRACE: ".*" is not a whole number of seconds from 0 to 25 \(the server gives up .*\)$/,
      ),
    ]);
    expect(faults[0]).toContain(JSON.stringify(value).slice(0, 100).replace(/"$/, ''));
    expect(faults[0]!.length).toBeLessThan(400);
  });

  it.each(['', ' ', '\t', undefined])('(case 73) %j counts as unset', (value) => {
    expect(new EnvReader({ KILL_GRACE: value }).integer(VARIABLES.killGrace)).toBe(10);
    expect(new EnvReader({ MAX_CONCURRENT: value }).integer(VARIABLES.maxConcurrent)).toBeNull();
  });

  it.each([
    ['0', 0],
    ['25', 25],
    ['007', 7],
  ])('%s within the limits is taken', (value, number) => {
    expect(new EnvReader({ KILL_GRACE: value }).integer(VARIABLES.killGrace)).toBe(number);
  });
});

describe('other variables', () => {
  it('take a choice in any case of letters and refuse what is none', () => {
    expect(new EnvReader({ LOG_LEVEL: 'WARN' }).choice(VARIABLES.logLevel)).toBe('warn');
    expect(faultsOf({ LOG_LEVEL: 'loud' }, (reader) => reader.choice(VARIABLES.logLevel))).toEqual([
      'LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, silent',
    ]);
  });

  it.each(['0.0.0.0', '::', '[::1]', 'localhost', 'node-1.example.org', 'fe80::1%eth0'])(
    'take %s as a host',
    (host) => {
      const reader = new EnvReader({ HOST: host });
      expect(reader.host(VARIABLES.host)).toBe(host.replace(/[[\]]/g, ''));
      expect(reader.faults).toEqual([]);
    },
  );

  it.each(['0.0.0.0:5000', 'http://localhost', '1.2.3', '300.1.1.1', 'a b', '-a'])('refuse %s as a host', (host) => {
    expect(faultsOf({ HOST: host }, (reader) => reader.host(VARIABLES.host))).toHaveLength(1);
  });

  it('make paths absolute from the given directory', () => {
    expect(new EnvReader({}).path(VARIABLES.dbPath, '/srv/site')).toBe('/srv/site/db.sqlite');
    expect(new EnvReader({ DB_PATH: '../x' }).path(VARIABLES.dbPath, '/srv/site')).toBe('/srv/x');
    expect(new EnvReader({ DB_PATH: '/y' }).path(VARIABLES.dbPath, '/srv/site')).toBe('/y');
  });

  it('refuse a database that is no file, without showing its password', () => {
    const faults = ['postgres://u:s3cret@db/x', ':memory:', 'sqlite:db', 'file:db?mode=memory'].flatMap((path) =>
      faultsOf({ DB_PATH: path }, (reader) => reader.path(VARIABLES.dbPath, '/srv')),
    );
    expect(faults).toHaveLength(4);
    expect(faults.join()).not.toContain('s3cret');
  });

  it('split lists, drop doubles and name each wrong item', () => {
    const isLower = (item: string): boolean => /^[a-z]+$/.test(item);
    const reader = new EnvReader({ JOB_ENV: ' a, b\tc,,a  B,1 ' });
    expect(reader.list(VARIABLES.jobEnv, isLower, 'lower case')).toEqual(['a', 'b', 'c', 'B', '1']);
    expect(reader.faults).toEqual(['JOB_ENV: "B" is not lower case', 'JOB_ENV: "1" is not lower case']);
  });
});

describe('the end of a reading', () => {
  it('throws one error with every fault, and nothing but warnings otherwise', () => {
    const reader = new EnvReader({ PORT: 'x', KILL_GRACE: 'y' });
    reader.warn('A', 'odd');
    expect(reader.finish()).toEqual(['A: odd']);
    reader.integer(VARIABLES.serverPort);
    reader.integer(VARIABLES.killGrace);
    expect(() => reader.finish()).toThrow(ConfigError);
    expect(() => reader.finish()).toThrow(/^2 configuration faults:\n {2}PORT: "x".*\n {2}KILL_GRACE: "y".*$/);
  });

  it('reports a single fault in a single line', () => {
    expect(new ConfigError(['PORT: wrong']).message).toBe('configuration fault: PORT: wrong');
  });
});
