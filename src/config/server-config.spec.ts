import { ConfigError } from './config-error';
import { EndpointUrl } from './endpoint-url';
import { readServerConfig } from './server-config';

function urls(name: string, base = 'http://client:9000'): Record<string, string> {
  return {
    [`SERVICE_${name}_UPLOAD_URL`]: `${base}/submit`,
    [`SERVICE_${name}_DOWNLOAD_URL`]: `${base}/retrieve`,
    [`SERVICE_${name}_TERMINATE_URL`]: `${base}/kill`,
  };
}

function faultsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    readServerConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.faults;
    }
    throw error;
  }
  return [];
}

describe('server configuration', () => {
  it('has the documented defaults and says that it serves nothing', () => {
    const { services, warnings, ...settings } = readServerConfig({}, '/srv/site');
    expect(settings).toEqual({
      mode: 'server',
      backendModules: [],
      port: 5000,
      host: '0.0.0.0',
      dbPath: '/srv/site/db.sqlite',
      dataPath: '/srv/site/data',
      maxAgeMs: 864_000_000,
      maxUploadBytes: 400 * 1024 * 1024,
      maxUploadFiles: 20_000,
      executorLostAfterMs: 86_400_000,
      executorToken: null,
      logLevel: 'info',
    });
    expect(services.size).toBe(0);
    expect(warnings).toEqual([expect.stringContaining('no service is configured')]);
  });

  it('(case 75) takes underscores in a service name and makes no service of a part of it', () => {
    const { services, warnings } = readServerConfig({
      ...urls('MY_TOOL'),
      SERVICE_MY_TOOL_MAX_RUNS: '3',
      ...urls('A1', 'https://u:p@host/x/'),
    });
    expect([...services.keys()]).toEqual(['a1', 'my_tool']);
    const tool = services.get('my_tool')!;
    expect(tool).toMatchObject({ name: 'my_tool', backend: 'native', runsPerUser: 5, maxRuns: 3 });
    expect(tool.native?.download).toBeInstanceOf(EndpointUrl);
    expect(tool.native?.terminate.pathFor(7)).toBe('/kill/7');
    expect(services.get('a1')?.native?.upload.authorization).toMatch(/^Basic /);
    expect(warnings).toEqual([]);
  });

  it('(case 76) names each missing URL of a service of which anything is set', () => {
    expect(faultsOf({ SERVICE_X_UPLOAD_URL: 'http://c/submit', SERVICE_Y_MAX_RUNS: '2' })).toEqual([
      'SERVICE_X_DOWNLOAD_URL: missing, while SERVICE_X_UPLOAD_URL is set',
      'SERVICE_X_TERMINATE_URL: missing, while SERVICE_X_UPLOAD_URL is set',
      'SERVICE_Y_UPLOAD_URL: missing, while SERVICE_Y_MAX_RUNS is set',
      'SERVICE_Y_DOWNLOAD_URL: missing, while SERVICE_Y_MAX_RUNS is set',
      'SERVICE_Y_TERMINATE_URL: missing, while SERVICE_Y_MAX_RUNS is set',
    ]);
    expect(faultsOf({ ...urls('X'), SERVICE_X_DOWNLOAD_URL: '' })).toEqual([
      expect.stringMatching(/^SERVICE_X_DOWNLOAD_URL: missing/),
    ]);
  });

  it('takes a service whose variables are all empty for none', () => {
    expect(readServerConfig({ SERVICE_X_UPLOAD_URL: '', SERVICE_X_MAX_RUN: '' }).services.size).toBe(0);
  });

  it.each([
    ['SERVICE_X_UPLAOD_URL', 'SERVICE_X_UPLOAD_URL'],
    ['SERVICE_X_MAX_RUN', 'SERVICE_X_MAX_RUNS'],
    ['SERVICE_X_MAXRUNS', 'SERVICE_X_MAX_RUNS'],
    ['SERVICE_X_DOWNLOAD_URI', 'SERVICE_X_DOWNLOAD_URL'],
    ['SERVICE_MY_TOOL_RUN_PER_USER', 'SERVICE_MY_TOOL_RUNS_PER_USER'],
    ['SERVICE_X_TERMINATE_URLS', 'SERVICE_X_TERMINATE_URL'],
    ['service_x_max_runs', 'SERVICE_X_MAX_RUNS'],
    ['SERVICE_x_MAX_RUNS', 'SERVICE_X_MAX_RUNS'],
    ['Service_X_Max_Run', 'SERVICE_X_MAX_RUNS'],
  ])('refuses %s and asks for %s', (slip, meant) => {
    const name = /^SERVICE_(X|MY_TOOL)_/.exec(meant)![1]!;
    expect(faultsOf({ ...urls(name), [meant]: undefined, [slip]: 'http://c/x' })).toEqual([
      `${slip}: unknown; was ${meant} meant?`,
    ]);
  });

  it('reports what else a service lacks of which only a slip is set', () => {
    expect(faultsOf({ SERVICE_X_UPLAOD_URL: 'http://c/submit' })).toEqual([
      'SERVICE_X_UPLAOD_URL: unknown; was SERVICE_X_UPLOAD_URL meant?',
      'SERVICE_X_DOWNLOAD_URL: missing, while SERVICE_X_UPLAOD_URL is set',
      'SERVICE_X_TERMINATE_URL: missing, while SERVICE_X_UPLAOD_URL is set',
    ]);
  });

  it.each(['SERVICE_UPLOAD_URL', 'SERVICE__UPLOAD_URL', 'SERVICE_MY-TOOL_UPLOAD_URL', 'SERVICE_ÄH_UPLOAD_URL'])(
    'refuses %s, which has no usable name',
    (variable) => {
      expect(faultsOf({ [variable]: 'http://c/submit' })).toEqual([
        `${variable}: SERVICE_<NAME>_UPLOAD_URL needs a name of A-Z, 0-9 and _`,
      ]);
    },
  );

  it('only warns of the variables that container platforms inject', () => {
    const { warnings } = readServerConfig({
      ...urls('X'),
      SERVICE_PORT: 'tcp://10.0.0.1:80',
      SERVICE_HOST: '10.0.0.1',
      SERVICE_X_SERVICE_PORT_HTTP: '80',
      SERVICE_X_PORT_80_TCP_ADDR: '10.0.0.1',
      SERVICE_X_URL: 'http://c/',
      X_SERVICE_HOST: '10.0.0.1',
      service_home: '/srv',
    });
    expect(warnings).toEqual(
      [
        'SERVICE_HOST',
        'SERVICE_PORT',
        'SERVICE_X_PORT_80_TCP_ADDR',
        'SERVICE_X_SERVICE_PORT_HTTP',
        'SERVICE_X_URL',
      ].map((name) => `${name}: not a variable of this program; ignored`),
    );
  });

  it('takes a token that can stand in a header, and never shows one', () => {
    const token = 'correct-horse-battery-staple';
    expect(readServerConfig({ ...urls('X'), EXECUTOR_TOKEN: token }).executorToken).toBe(token);
    for (const bad of ['s3cret', 'with a space in its middle', 'ümlaut-in-the-middle-of-it']) {
      const faults = faultsOf({ EXECUTOR_TOKEN: bad });
      expect(faults).toEqual([expect.stringMatching(/^EXECUTOR_TOKEN: its value is not 16 to 256/)]);
      expect(faults.join()).not.toContain(bad);
    }
  });

  it('refuses a token beside user:password@ in a URL: one request carries one of them', () => {
    const faults = faultsOf({ ...urls('X', 'http://u:pass@c/'), EXECUTOR_TOKEN: 'correct-horse-battery-staple' });
    expect(faults).toHaveLength(3);
    expect(faults[0]).toMatch(/^SERVICE_X_UPLOAD_URL: has user:password@, while EXECUTOR_TOKEN is set/);
    expect(faults.join()).not.toContain('pass@');
  });

  it('takes attempts, run time and retention of a service, in milliseconds where the variable has seconds', () => {
    const { services } = readServerConfig({
      MAX_AGE: '100',
      ...urls('X'),
      SERVICE_X_MAX_ATTEMPTS: '3',
      SERVICE_X_MAX_RUNTIME: '60',
      SERVICE_X_MAX_AGE: '7',
      ...urls('Y'),
    });
    expect(services.get('x')).toMatchObject({ maxAttempts: 3, maxRuntimeMs: 60_000, maxAgeMs: 7_000 });
    expect(services.get('y')).toMatchObject({ maxAttempts: 1, maxRuntimeMs: null, maxAgeMs: 100_000 });
  });

  it('takes the most that jobs of a service may ask for, of a backend that gives it', () => {
    const { services } = readServerConfig({
      SERVICE_X_BACKEND: 'slurm',
      SERVICE_X_MAX_CPUS: '8',
      SERVICE_X_MAX_MEMORY: '4096',
      SERVICE_Y_BACKEND: 'slurm',
    });
    expect(services.get('x')).toMatchObject({ maxCpus: 8, maxMemoryMiB: 4096 });
    expect(services.get('y')).toMatchObject({ maxCpus: null, maxMemoryMiB: null });
    expect(faultsOf({ ...urls('X'), SERVICE_X_MAX_CPUS: '8', SERVICE_X_MAX_MEMORY: '1' })).toEqual(
      ['SERVICE_X_MAX_CPUS', 'SERVICE_X_MAX_MEMORY'].map(
        (name) => `${name}: executors give jobs neither CPUs nor memory of their own, so nobody would keep this limit`,
      ),
    );
  });

  it.each(['PORT', 'MAX_AGE', 'MAX_UPLOAD_BYTES', 'MAX_UPLOAD_FILES', 'EXECUTOR_LOST_AFTER'])(
    '(case 73) refuses a %s that is not a number',
    (name) => {
      for (const value of ['abc', '1e3', '-1', '5.5']) {
        expect(faultsOf({ [name]: value })).toEqual([expect.stringContaining(`${name}: "${value}"`)]);
      }
      expect(faultsOf({ [name]: '' })).toEqual([]);
    },
  );

  it.each(['SERVICE_X_MAX_RUNS', 'SERVICE_X_RUNS_PER_USER'])(
    '(case 73) never takes a wrong %s for no limit',
    (name) => {
      for (const value of ['abc', '1e3', '-1', '5.5', '0', '1000001']) {
        expect(faultsOf({ ...urls('X'), [name]: value })).toEqual([
          `${name}: "${value}" is not a whole number of jobs from 1 to 1000000`,
        ]);
      }
      expect(faultsOf({ ...urls('X'), [name]: '' })).toEqual([]);
    },
  );

  it('(case 74) refuses an impossible URL without showing its password', () => {
    const faults = faultsOf({ ...urls('X'), SERVICE_X_UPLOAD_URL: 'ftp://user:s3cret@host/submit' });
    expect(faults).toEqual([
      'SERVICE_X_UPLOAD_URL: "***@host/submit" is not an http or https URL, such as http://client:9000/submit',
    ]);
  });

  it('reports all faults of all kinds at once', () => {
    expect(
      faultsOf({
        PORT: '65536',
        MAX_AGE: '0',
        HOST: 'a b',
        DB_PATH: './same',
        DATA_PATH: 'same/',
        LOG_LEVEL: 'loud',
        SERVICE_X_UPLOAD_URL: 'nonsense',
        SERVICE_X_MAX_RUNS: '5.5',
        SERVICE_Y_MAX_RUN: '1',
      })
        .map((fault) => fault.split(':')[0])
        .sort(),
    ).toEqual(
      [
        'PORT',
        'DB_PATH',
        'HOST',
        'MAX_AGE',
        'LOG_LEVEL',
        'SERVICE_Y_MAX_RUN',
        'SERVICE_X_DOWNLOAD_URL',
        'SERVICE_X_TERMINATE_URL',
        'SERVICE_X_UPLOAD_URL',
        'SERVICE_X_MAX_RUNS',
        'SERVICE_Y_UPLOAD_URL',
        'SERVICE_Y_DOWNLOAD_URL',
        'SERVICE_Y_TERMINATE_URL',
      ].sort(),
    );
  });

  it('cannot be changed anywhere', () => {
    const config = readServerConfig(urls('X'));
    const service = config.services.get('x')!;
    for (const part of [config, config.warnings, config.services, service, service.native, service.native?.upload]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    const services = config.services as Map<string, unknown>;
    expect(() => services.set('y', service)).toThrow(/frozen/);
    expect(() => services.delete('x')).toThrow(/frozen/);
    expect(() => services.clear()).toThrow(/frozen/);
    expect([...config.services.keys()]).toEqual(['x']);
  });

  it('wants no URLs of a service with another backend, and leaves its SERVICE_<NAME>_<BACKEND>_* to that', () => {
    const { services, warnings } = readServerConfig({
      SERVICE_MY_TOOL_BACKEND: 'my-grid',
      SERVICE_MY_TOOL_MAX_RUNS: '3',
      SERVICE_MY_TOOL_MY_GRID_SITE: ' a b ',
      SERVICE_MY_TOOL_MY_GRID_MAX_RUN: '1',
      SERVICE_MY_TOOL_MY_GRID_EMPTY: '',
      ...urls('MY_TOOL_MY'),
    });
    const tool = services.get('my_tool');
    expect(tool).toMatchObject({ backend: 'my-grid', maxRuns: 3, native: null });
    expect([...(tool?.backendSettings ?? [])]).toEqual([
      ['MAX_RUN', '1'],
      ['SITE', ' a b '],
    ]);
    expect([...services.keys()]).toEqual(['my_tool', 'my_tool_my']);
    expect(warnings).toEqual([]);
  });

  it('refuses URLs beside another backend, and settings of a backend that has none', () => {
    expect(faultsOf({ ...urls('X'), SERVICE_X_BACKEND: 'slurm' })).toEqual(
      ['UPLOAD', 'DOWNLOAD', 'TERMINATE'].map(
        (key) => `SERVICE_X_${key}_URL: only for executors, while SERVICE_X_BACKEND is slurm`,
      ),
    );
    expect(faultsOf({ ...urls('X'), SERVICE_X_BACKEND: 'native', SERVICE_X_NATIVE_SITE: 'a' })).toEqual([
      'SERVICE_X_NATIVE_SITE: unknown',
    ]);
    expect(faultsOf({ SERVICE_X_BACKEND: 'Slurm' })).toEqual([
      'SERVICE_X_BACKEND: "Slurm" is not a name of a-z, 0-9 and -',
    ]);
  });
});
