import { cutShort, recorded } from '../../../../test/support-slurm/recorded';
import { isAccountingOff, parseSacct, sacctArgs } from './sacct';

const OUTPUT = recorded('sacct.txt').stdout;

describe('sacct', () => {
  it('is asked by ids, or by a name since a month', () => {
    const common = ['--noheader', '--parsable2', '--delimiter=\x1f', '--allocations'];
    const format = '--format=JobID,JobName,State,ExitCode,Start,End';
    expect(sacctArgs({ jobIds: [7, 8] })).toEqual([...common, '--jobs=7,8', format]);
    expect(sacctArgs({ name: 'jo-k' })).toEqual([...common, '--name=jo-k', '--starttime=now-30days', format]);
  });

  it('is read as it was recorded, with the exit codes that its JSON would lose', () => {
    const { jobs, unreadable } = parseSacct(OUTPUT);
    expect(unreadable).toEqual([]);
    const of = (id: number) => jobs.find(({ jobId }) => jobId === id);
    expect(of(3)).toEqual({
      jobId: 3,
      name: 'jo-key1',
      words: ['FAILED'],
      reason: '',
      exit: { code: 7, signal: 0 },
      startedAt: 1795589840000,
      endedAt: 1795589840000,
    });
    expect(of(4)?.exit).toEqual({ code: 0, signal: 9 });
    expect(of(8)).toMatchObject({ words: ['CANCELLED'], startedAt: null, endedAt: 1795589977000 });
    expect(of(16)).toMatchObject({ words: ['RUNNING'], endedAt: null });
    expect(of(19)).toMatchObject({ words: ['OUT_OF_MEMORY'], exit: { code: 0, signal: 125 } });
  });

  it('says nothing wrong of a list that was cut short, but for the end of its last time', () => {
    const whole = parseSacct(OUTPUT).jobs;
    for (const text of cutShort(OUTPUT)) {
      const { jobs } = parseSacct(text);
      jobs.forEach((job, index) => expect({ ...whole[index], endedAt: null }).toEqual({ ...job, endedAt: null }));
    }
  });

  it.each(['16.batch\x1fbatch\x1fRUNNING\x1f0:0\x1f1\x1f2\n', '16\x1fn\x1fRUNNING\x1f0\x1f1\x1f2\n', 'junk\n'])(
    'tells the line %j as unreadable',
    (line) => {
      expect(parseSacct(line + OUTPUT)).toEqual({ jobs: parseSacct(OUTPUT).jobs, unreadable: [expect.any(String)] });
    },
  );

  it('knows nothing of a job that accounting has never seen, and tells where there is no accounting', () => {
    expect(parseSacct(recorded('sacct-empty.txt').stdout)).toEqual({ jobs: [], unreadable: [] });
    expect(isAccountingOff(recorded('off-sacct.txt').stderr)).toBe(true);
    expect(isAccountingOff(recorded('down-squeue.txt').stderr)).toBe(false);
  });
});
