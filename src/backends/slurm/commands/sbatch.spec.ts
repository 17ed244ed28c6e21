import { recorded } from '../../../../test/support-slurm/recorded';
import { kindOfText, saidBy } from '../slurm-errors';
import type { SubmitRequest } from '../submit-request';
import { parseSbatch, sbatchArgs } from './sbatch';

const REQUEST: SubmitRequest = {
  name: 'jo-k',
  comment: 'k',
  directory: '/w/k/run',
  output: '/w/k/run/output',
  script: '#!/bin/bash\n',
  scriptPath: '/w/k/run/batch.sh',
  minutes: null,
  cpus: null,
  memoryMiB: null,
  partition: null,
  account: null,
  qos: null,
  reservation: null,
  gres: null,
  constraint: null,
  options: [],
};

describe('sbatch', () => {
  it('is given nothing that was not asked for', () => {
    expect(sbatchArgs(REQUEST)).toEqual([
      '--parsable',
      '--export=ALL',
      '--no-requeue',
      '--job-name=jo-k',
      '--comment=k',
      '--chdir=/w/k/run',
      '--output=/w/k/run/output',
      '/w/k/run/batch.sh',
    ]);
  });

  it('is given each setting as one argument, whatever is in it', () => {
    const args = sbatchArgs({
      ...REQUEST,
      minutes: 2,
      cpus: 4,
      memoryMiB: 100,
      partition: 'a,b',
      account: 'x; rm -rf /',
      qos: 'q',
      reservation: 'r',
      gres: 'gpu:1',
      constraint: 'a&b|c',
      options: [
        { name: 'nice', value: '100' },
        { name: 'exclusive', value: null },
        { name: 'requeue', value: null },
      ],
    });
    expect(args.slice(6)).toEqual([
      '--time=2',
      '--cpus-per-task=4',
      '--mem=100M',
      '--partition=a,b',
      '--account=x; rm -rf /',
      '--qos=q',
      '--reservation=r',
      '--gres=gpu:1',
      '--constraint=a&b|c',
      '--nice=100',
      '--exclusive',
      '--requeue',
      '/w/k/run/batch.sh',
    ]);
    expect(args).not.toContain('--no-requeue');
  });

  it('answers with the id alone, or with the cluster behind it', () => {
    expect(parseSbatch(recorded('sbatch.txt').stdout)).toBe(22);
    expect(parseSbatch('22;local\n')).toBe(22);
  });

  it.each(['', '\n', '22 23', 'Submitted batch job 22', '-1', '22;', 'x22'])(
    'is not believed when it says %j',
    (text) => {
      expect(parseSbatch(text)).toBeNull();
    },
  );

  it.each([
    [
      'sbatch-partition.txt',
      'never',
      'invalid partition specified: nosuch; Batch job submission failed: Invalid partition name specified',
    ],
    ['sbatch-feature.txt', 'never', 'Batch job submission failed: Invalid feature specification'],
    [
      'sbatch-memory.txt',
      'after-restart',
      'Memory specification can not be satisfied; Batch job submission failed: Requested node configuration is not available',
    ],
    [
      'sbatch-drain.txt',
      'not-now',
      'Batch job submission failed: Required partition not available (inactive or drain)',
    ],
    ['sbatch-no-file.txt', 'not-now', 'Unable to open file /nonexistent/batch.sh'],
    [
      'sbatch-no-configuration.txt',
      'not-now',
      's_p_parse_file: cannot stat file /nonexistent/slurm.conf: No such file or directory, retrying in 1sec up to 60sec; ClusterName needs to be specified; Unable to process configuration file',
    ],
    ['down-sbatch.txt', 'not-now', 'Batch job submission failed: Unable to contact slurm controller (connect failure)'],
  ])('of %s: %s, in its own words', (name, kind, text) => {
    const { stderr, code } = recorded(name);
    expect([code, kindOfText(stderr), saidBy(stderr)]).toEqual([1, kind, text]);
  });

  it.each([
    ['sbatch: error: Batch job submission failed: Socket timed out on send/recv operation', 'unclear'],
    [recorded('limit-jobs-sbatch.txt').stderr, 'not-now'],
    [recorded('limit-sbatch.txt').stderr, 'never'],
    ['', 'unclear'],
  ])('that says %j means %s', (text, kind) => {
    expect(kindOfText(text)).toBe(kind);
  });
});
