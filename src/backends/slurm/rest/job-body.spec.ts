import type { SubmitRequest } from '../submit-request';
import { jobBody } from './job-body';
import { readOffered } from './rest-version';

const REQUEST: SubmitRequest = {
  name: 'jo-k',
  comment: 'k',
  directory: '/w/k/run',
  output: '/w/k/run/output',
  script: '#!/bin/bash\necho "x"\n',
  scriptPath: '/w/k/run/batch.sh',
  minutes: 2,
  cpus: 3,
  memoryMiB: 100,
  partition: 'p',
  account: null,
  qos: null,
  reservation: null,
  gres: 'gpu:1,lic:2',
  constraint: 'c',
  options: [{ name: 'nice', value: '5' }],
};

const COMMON = {
  name: 'jo-k',
  comment: 'k',
  current_working_directory: '/w/k/run',
  standard_output: '/w/k/run/output',
  cpus_per_task: 3,
  partition: 'p',
  constraints: 'c',
  nice: 5,
};

describe('the body of a submission', () => {
  it.each([36, 37, 38])('to v0.0.%s has plain numbers and an environment by name', (version) => {
    expect(JSON.parse(jobBody(version, REQUEST))).toEqual({
      script: REQUEST.script,
      job: {
        ...COMMON,
        environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
        time_limit: 2,
        memory_per_node: 100,
        gres: 'gpu:1,lic:2',
      },
    });
  });

  it.each([39, 40, 41])(
    'to v0.0.%s has numbers in objects, an environment in a list, resources by their kind',
    (version) => {
      expect(JSON.parse(jobBody(version, REQUEST))).toEqual({
        script: REQUEST.script,
        job: {
          ...COMMON,
          requeue: false,
          environment: ['PATH=/usr/local/bin:/usr/bin:/bin'],
          time_limit: { set: true, infinite: false, number: 2 },
          memory_per_node: { set: true, infinite: false, number: 100 },
          tres_per_node: 'gres/gpu:1,gres/lic:2',
        },
      });
    },
  );
});

describe('the version of slurmrestd', () => {
  const paths = (...names: string[]) => ({ paths: Object.fromEntries(names.map((name) => [name, {}])) });

  it('is the newest of those that it offers and we know', () => {
    const offered = paths(
      '/slurm/v0.0.38/jobs',
      '/slurm/v0.0.36/jobs',
      '/slurm/v0.0.99/jobs',
      '/slurmdb/v0.0.37/jobs',
      '/openapi',
    );
    expect(readOffered(offered)).toEqual({ version: 38, accounting: 37 });
    expect(readOffered(paths('/slurm/v0.0.40/jobs/'))).toEqual({ version: 40, accounting: null });
  });

  it.each([null, 'text', {}, { paths: null }, paths('/slurm/v0.0.99/jobs')])('is none in %j', (document) => {
    expect(readOffered(document)).toBeNull();
  });
});
