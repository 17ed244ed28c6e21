import { jobEnvironment } from './job-environment';

const IDENTITY = { id: '7', key: 'k-1', homeDir: '/d/home', tmpDir: '/d/tmp' };
const OWN = { HOME: '/d/home', TMPDIR: '/d/tmp', JOB_ID: '7', JOB_KEY: 'k-1' };

describe('the environment of a job', () => {
  it('holds PATH, LANG and USER of outside and nothing else of it', () => {
    const outer = { PATH: '/bin', LANG: 'C', USER: 'me', EXECUTOR_TOKEN: 'secret', NODE_OPTIONS: '-r x' };
    expect(jobEnvironment(IDENTITY, outer, [])).toEqual({ PATH: '/bin', LANG: 'C', USER: 'me', ...OWN });
  });

  it('holds what JOB_ENV names, as far as it is set', () => {
    const outer = { CNS: '/opt/cns', EMPTY: '', OTHER: 'x' };
    expect(jobEnvironment(IDENTITY, outer, ['CNS', 'EMPTY', 'MISSING'])).toEqual({
      CNS: '/opt/cns',
      EMPTY: '',
      ...OWN,
    });
  });

  it("keeps the job's own values, whatever JOB_ENV names", () => {
    const outer = { HOME: '/root', TMPDIR: '/tmp', JOB_ID: '1', JOB_KEY: 'other' };
    expect(jobEnvironment(IDENTITY, outer, Object.keys(outer))).toEqual(OWN);
  });
});
