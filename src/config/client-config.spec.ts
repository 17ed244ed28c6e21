import { readClientConfig } from './client-config';
import { ConfigError } from './config-error';

const RULES = ['curl', 'python -c', 'rm'];

describe('client configuration', () => {
  it('has the documented defaults', () => {
    expect(readClientConfig({}, RULES, '/srv/site')).toEqual({
      mode: 'client',
      port: 9000,
      host: '0.0.0.0',
      dbPath: '/srv/site/db.sqlite',
      dataPath: '/srv/site/data',
      maxAgeMs: 864_000_000,
      killGraceMs: 10_000,
      jobLogLimitBytes: 64 * 1024 * 1024,
      jobEnv: [],
      maxConcurrent: null,
      scriptFilter: { enabled: true, allow: [] },
      executorToken: null,
      logLevel: 'info',
      warnings: [],
    });
  });

  it('takes what is set, in milliseconds where the variable has seconds', () => {
    expect(
      readClientConfig(
        {
          PORT: '0',
          HOST: '127.0.0.1',
          MAX_AGE: '1',
          KILL_GRACE: '0',
          JOB_LOG_LIMIT: '1024',
          JOB_ENV: 'CNS_HOME, OMP_NUM_THREADS',
          MAX_CONCURRENT: '4',
          SCRIPT_FILTER: 'off',
          SCRIPT_FILTER_ALLOW: 'python -c, curl',
          LOG_LEVEL: 'debug',
        },
        RULES,
      ),
    ).toMatchObject({
      port: 0,
      host: '127.0.0.1',
      maxAgeMs: 1000,
      killGraceMs: 0,
      jobLogLimitBytes: 1024,
      jobEnv: ['CNS_HOME', 'OMP_NUM_THREADS'],
      maxConcurrent: 4,
      scriptFilter: { enabled: false, allow: ['python -c', 'curl'] },
      logLevel: 'debug',
    });
  });

  it('does not look at the variables of services', () => {
    const env = { SERVICE_X_UPLOAD_URL: 'nonsense', SERVICE_X_MAX_RUN: 'x', SERVICE_OTHER: 'x' };
    expect(readClientConfig(env, RULES)).toEqual(readClientConfig({}, RULES));
  });

  it('names rules and variables that do not exist', () => {
    const read = (): unknown =>
      readClientConfig({ SCRIPT_FILTER_ALLOW: 'curl,wget', JOB_ENV: 'A 1B POSIXLY_CORRECT __bash' }, RULES);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/SCRIPT_FILTER_ALLOW: "wget" is not a rule of the script filter \(curl, python -c, rm\)/);
    for (const name of ['1B', 'POSIXLY_CORRECT', '__bash']) {
      expect(read).toThrow(`JOB_ENV: "${name}" is not the name of a variable`);
    }
  });

  it.each(['PORT', 'MAX_AGE', 'KILL_GRACE', 'JOB_LOG_LIMIT', 'MAX_CONCURRENT'])(
    '(case 73) refuses a %s that is not a number',
    (name) => {
      for (const value of ['abc', '1e3', '-1', '5.5']) {
        expect(() => readClientConfig({ [name]: value }, RULES)).toThrow(`configuration fault: ${name}: "${value}"`);
      }
    },
  );

  it('refuses no limit by zero and a grace that outlasts the server', () => {
    expect(() => readClientConfig({ MAX_CONCURRENT: '0' }, RULES)).toThrow('from 1 to');
    expect(() => readClientConfig({ KILL_GRACE: '26' }, RULES)).toThrow('after 35 s');
  });

  it('cannot be changed anywhere', () => {
    const config = readClientConfig({ JOB_ENV: 'A' }, RULES);
    for (const part of [config, config.jobEnv, config.scriptFilter, config.scriptFilter.allow, config.warnings]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
