import { ConfigError } from '../../config/config-error';
import { readServerConfig } from '../../config/server-config';
import { readSlurmServices, SLURM_VARIABLES, type SlurmService } from './slurm.config';

const CLI = { SERVICE_X_BACKEND: 'slurm', SERVICE_X_SLURM_WORKDIR: '/shared/jobs' };
const REST = {
  ...CLI,
  SERVICE_X_SLURM_TRANSPORT: 'rest',
  SERVICE_X_SLURM_REST_URL: 'http://head:6820/',
  SERVICE_X_SLURM_REST_USER: 'portal',
  SERVICE_X_SLURM_TOKEN_FILE: '/etc/portal/token',
};

function read(env: Record<string, string>): SlurmService[] {
  return readSlurmServices([...readServerConfig(env).services.values()]);
}

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.faults;
    }
    throw error;
  }
  return [];
}

describe('a service on SLURM', () => {
  it('needs a work directory, and leaves the rest to the cluster', () => {
    expect(read(CLI)).toEqual([
      {
        name: 'x',
        maxAgeMs: 864_000_000,
        rest: null,
        workDir: '/shared/jobs',
        ...{ partition: null, account: null, qos: null, reservation: null, gres: null, constraint: null, prolog: null },
        ...{ walltimeMs: null, cpus: null, memoryMiB: null },
        options: [],
        submitRate: 10,
        jobEnv: [],
        scriptFilter: { enabled: true, allow: [], allowVariable: 'SERVICE_X_SLURM_SCRIPT_FILTER_ALLOW' },
      },
    ]);
    expect(faultsOf({ SERVICE_X_BACKEND: 'slurm' })).toEqual([
      expect.stringMatching(/^SERVICE_X_SLURM_WORKDIR: missing/),
    ]);
  });

  it('by rest needs an address, a user and a token, which no other transport has', () => {
    expect(read(REST)[0]?.rest).toMatchObject({ user: 'portal', tokenFile: '/etc/portal/token' });
    expect(faultsOf({ ...CLI, SERVICE_X_SLURM_TRANSPORT: 'rest' })).toEqual(
      ['REST_URL', 'REST_USER', 'TOKEN_FILE'].map(
        (rest) => `SERVICE_X_SLURM_${rest}: missing, while SERVICE_X_SLURM_TRANSPORT is rest`,
      ),
    );
    expect(faultsOf({ ...REST, SERVICE_X_SLURM_TRANSPORT: 'cli' })).toEqual(
      ['REST_URL', 'REST_USER', 'TOKEN_FILE'].map(
        (rest) => `SERVICE_X_SLURM_${rest}: only for rest, while SERVICE_X_SLURM_TRANSPORT is cli`,
      ),
    );
    expect(faultsOf({ ...REST, SERVICE_X_SLURM_REST_URL: 'head:6820' })).toEqual([
      expect.stringMatching(/^SERVICE_X_SLURM_REST_URL: ".*" is not an http or https URL/),
    ]);
  });

  it('may not give a job by default what the job could not ask for', () => {
    const defaults = { SERVICE_X_SLURM_WALLTIME: '60', SERVICE_X_SLURM_CPUS: '2', SERVICE_X_SLURM_MEMORY: '2' };
    const limits = { SERVICE_X_MAX_RUNTIME: '59', SERVICE_X_MAX_CPUS: '1', SERVICE_X_MAX_MEMORY: '1' };
    expect(faultsOf({ ...CLI, ...defaults, ...limits })).toEqual([
      'SERVICE_X_SLURM_WALLTIME: more than MAX_RUNTIME of the service allows a job to ask for',
      'SERVICE_X_SLURM_CPUS: more than MAX_CPUS of the service allows a job to ask for',
      'SERVICE_X_SLURM_MEMORY: more than MAX_MEMORY of the service allows a job to ask for',
    ]);
    expect(faultsOf({ ...CLI, ...limits })).toEqual([]);
    expect(faultsOf({ ...CLI, ...defaults, SERVICE_X_MAX_RUNTIME: '60' })).toEqual([]);
  });

  it('is refused with all its faults at once, each with its variable', () => {
    expect(
      faultsOf({
        SERVICE_X_BACKEND: 'slurm',
        SERVICE_X_SLURM_WORKDIR: '/shared/%u',
        SERVICE_X_SLURM_TRANSPORT: 'ssh',
        SERVICE_X_SLURM_PARTITION: 'a b',
        SERVICE_X_SLURM_OPTIONS: '--wrap=x --nice=1',
        SERVICE_X_SLURM_PARTITON: 'main',
        SERVICE_X_SLURM_SCRIPT_FILTER_ALLOW: 'everything',
        SERVICE_Y_BACKEND: 'slurm',
        SERVICE_Y_SLURM_COLOUR: 'red',
      }).map((fault) => fault.split(':')[0]),
    ).toEqual([
      'SERVICE_X_SLURM_PARTITON',
      'SERVICE_Y_SLURM_COLOUR',
      'SERVICE_X_SLURM_TRANSPORT',
      'SERVICE_X_SLURM_WORKDIR',
      'SERVICE_X_SLURM_OPTIONS',
      'SERVICE_X_SLURM_PARTITION',
      'SERVICE_X_SLURM_SCRIPT_FILTER_ALLOW',
      'SERVICE_Y_SLURM_WORKDIR',
    ]);
  });
});

describe('the table of variables for SLURM', () => {
  it('explains every variable in whole sentences', () => {
    for (const { name, meaning } of Object.values(SLURM_VARIABLES)) {
      expect([name, meaning]).toEqual([
        expect.stringMatching(/^SERVICE_<NAME>_SLURM_/),
        expect.stringMatching(/^[A-Z].*\.$/),
      ]);
    }
  });
});
