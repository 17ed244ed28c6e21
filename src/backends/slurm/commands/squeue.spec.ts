import { cutShort, recorded } from '../../../../test/support-slurm/recorded';
import { isUserUnknown, parseSqueue, squeueArgs } from './squeue';

const OUTPUT = recorded('squeue.txt').stdout;

describe('squeue', () => {
  it('is asked for all jobs of a user, ended ones too, by arguments that no shell sees', () => {
    expect(squeueArgs(1000)).toEqual([
      '--noheader',
      '--states=all',
      '--user=1000',
      '-O',
      'JobID:\x1f,Name:\x1f,State:\x1f,exit_code:\x1f,Reason:\x1f,StartTime:\x1f,EndTime:\x1f',
    ]);
  });

  it('is asked for the jobs of everybody by a user who has no name', () => {
    expect(squeueArgs(null).filter((argument) => argument.startsWith('--user'))).toEqual([]);
    const { stdout, stderr, code } = recorded('squeue-no-user.txt');
    expect([stdout.trim(), code, isUserUnknown(stderr)]).toEqual(['', 0, true]);
  });

  it('is read as it was recorded: states, reasons, exit codes, times', () => {
    const { jobs, unreadable } = parseSqueue(OUTPUT);
    expect(unreadable).toEqual([]);
    const base = { reason: '', exit: { code: 0, signal: 0 } };
    expect(jobs).toEqual([
      {
        ...base,
        jobId: 21,
        name: 'jo-can',
        words: ['CANCELLED'],
        exit: { code: 0, signal: 15 },
        startedAt: 1795590321000,
        endedAt: 1795590326000,
      },
      {
        ...base,
        jobId: 19,
        name: 'wrap',
        words: ['OUT_OF_MEMORY'],
        reason: 'OutOfMemory',
        exit: { code: 0, signal: 125 },
        startedAt: 1795590321000,
        endedAt: 1795590321000,
      },
      { ...base, jobId: 18, name: 'jo-cccc-3', words: ['PENDING'], reason: 'BeginTime', ...times(jobs[2]) },
      {
        ...base,
        jobId: 17,
        name: 'jo-bbbb-2',
        words: ['PENDING'],
        reason: 'JobHeldUser',
        startedAt: null,
        endedAt: null,
      },
      { ...base, jobId: 16, name: 'jo-aaaa-1', words: ['RUNNING'], startedAt: 1795590321000, ...end(jobs[4]) },
      { ...base, jobId: 20, name: 'jo-susp', words: ['SUSPENDED'], startedAt: 1795590321000, ...end(jobs[5]) },
    ]);
  });

  it('is read while a job is ending, and one that could never start', () => {
    const { jobs } = parseSqueue(recorded('squeue-completing.txt').stdout);
    expect(jobs.find(({ jobId }) => jobId === 25)).toMatchObject({ words: ['COMPLETING'] });
    expect(jobs.find(({ jobId }) => jobId === 24)).toMatchObject({ words: ['FAILED'], reason: 'BadConstraints' });
  });

  it('says nothing wrong of a list that was cut short: a line is read whole or told as unreadable', () => {
    const whole = parseSqueue(OUTPUT).jobs;
    for (const text of cutShort(OUTPUT)) {
      const { jobs, unreadable } = parseSqueue(text);
      expect(whole.slice(0, jobs.length)).toEqual(jobs);
      expect(unreadable.length).toBeLessThanOrEqual(1);
    }
  });

  it.each([
    'squeue: warning: something\n',
    '7\x1fname\x1fRUNNING\x1f0\x1fNone\x1f1\x1f2\n',
    '7_1\x1fname\x1fRUNNING\x1f0\x1fNone\x1f1\x1f2\x1f\n',
    '\x1fname\x1fRUNNING\x1f0\x1fNone\x1f1\x1f2\x1f\n',
    '7\x1fname\x1fRUNNING\x1fx\x1fNone\x1f1\x1f2\x1f\n',
    '7\x1fa\x1fb\x1fRUNNING\x1f0\x1fNone\x1f1\x1f2\x1f\n',
  ])('costs no other job its report for the line %j', (line) => {
    const { jobs, unreadable } = parseSqueue(line + OUTPUT);
    expect(jobs).toEqual(parseSqueue(OUTPUT).jobs);
    expect(unreadable).toHaveLength(1);
  });

  it('gives a state that nobody knows as it is', () => {
    const [job] = parseSqueue(OUTPUT.replace('CANCELLED', 'DREAMING')).jobs;
    expect(job?.words).toEqual(['DREAMING']);
  });
});

// A time to come is an estimate; whether these have come depends on when this runs.
function times(job: { startedAt: number | null; endedAt: number | null } | undefined) {
  return { startedAt: job?.startedAt, endedAt: job?.endedAt };
}

function end(job: { endedAt: number | null } | undefined) {
  return { endedAt: job?.endedAt };
}
