import type { JobSight } from './job-sight';
import { parseExit, type RunRecords } from './run-records';
import { type EndFacts, endReport, lacksRecord, liveReport } from './slurm-report';

function sight(word: string, changes: Partial<JobSight> = {}): JobSight {
  return {
    jobId: 7,
    name: 'jo-k',
    words: [word],
    reason: '',
    exit: null,
    startedAt: 1_000,
    endedAt: 2_000,
    ...changes,
  };
}

function records(exit: string, changes: Partial<RunRecords> = {}): RunRecords {
  return { startedBy: 7, exit: parseExit(exit, ''), overtimeMs: null, note: '', hint: '', output: '', ...changes };
}

function end(facts: Partial<EndFacts>) {
  const { state, message, exitCode, signal, isBackendFault } = endReport({
    sight: null,
    records: records(''),
    isBuried: false,
    ...facts,
  });
  return [state, message, exitCode, signal, isBackendFault];
}

const OK = records('\n7 script 0 .\n');
const SEVEN = records('\n7 script 7 .\n');

describe('a job that is not over', () => {
  it.each([
    ['PENDING', 'Resources', 'waiting', 'SLURM: pending (Resources)'],
    ['PENDING', '', 'waiting', 'SLURM: pending'],
    ['REQUEUE_HOLD', 'JobHeldAdmin', 'waiting', 'SLURM: put back into the queue and held (JobHeldAdmin)'],
    ['RUNNING', '', 'running', ''],
    ['SUSPENDED', '', 'running', 'SLURM: suspended: its processes stand still until SLURM resumes them'],
    ['DREAMING', '', 'unclear', `SLURM says "DREAMING" of the job's state, which is not understood`],
    ['REVOKED', '', 'unclear', `SLURM says "REVOKED" of the job's state, which is not understood`],
  ])('%s (%s) is %s, and says %j', (word, reason, state, message) => {
    expect(liveReport(sight(word, { reason }))).toMatchObject({ state, message });
  });
});

describe('a job that is over', () => {
  it('is told by its own record, and by SLURM where that says more', () => {
    expect(end({ sight: sight('COMPLETED'), records: OK })).toEqual(['completed', '', 0, null, false]);
    expect(end({ sight: sight('FAILED'), records: SEVEN })).toEqual(['failed', 'exit code 7', 7, null, false]);
    const killed = records('', { exit: parseExit('\n7 script 137 .\n', 'line 3: 12 Killed\n') });
    expect(end({ sight: sight('FAILED'), records: killed })).toEqual([
      'failed',
      'killed by signal SIGKILL',
      null,
      'SIGKILL',
      false,
    ]);
    expect(end({ sight: sight('OUT_OF_MEMORY'), records: killed })).toEqual([
      'failed',
      'SLURM: took more memory than it may and was ended',
      null,
      'SIGKILL',
      false,
    ]);
    expect(end({ sight: sight('TIMEOUT', { exit: { code: 0, signal: 15 } }) })).toEqual([
      'failed',
      'SLURM: ran into the time limit and was ended',
      null,
      'SIGTERM',
      false,
    ]);
    expect(end({ sight: sight('NODE_FAIL'), records: records('') })).toEqual([
      'failed',
      'SLURM: a node of the job failed',
      null,
      null,
      true,
    ]);
  });

  it('was ended for its run time by its own clock', () => {
    const late = records('\n7 signalled 143 .\n', { overtimeMs: 1_500 });
    const message = 'ran longer than 1.5 s, the most that it may, and was ended';
    expect(end({ sight: sight('FAILED'), records: late })).toEqual(['failed', message, 143, null, false]);
    expect(end({ sight: sight('COMPLETED'), records: records('', { overtimeMs: 1_500 }) })).toEqual([
      'failed',
      message,
      null,
      null,
      false,
    ]);
  });

  it('was cancelled, by us or at the cluster', () => {
    expect(end({ sight: sight('CANCELLED'), isBuried: true })).toEqual([
      'killed',
      'terminated on request',
      null,
      null,
      false,
    ]);
    expect(end({ sight: sight('CANCELLED', { reason: 'DependencyNeverSatisfied' }) })).toEqual([
      'killed',
      'cancelled in SLURM (DependencyNeverSatisfied)',
      null,
      null,
      false,
    ]);
    // SLURM has forgotten it: an end by the signal was ours, an end by itself was not.
    const signalled = records('\n7 signalled 7 .\n');
    expect(end({ records: signalled, isBuried: true })).toEqual(['killed', 'terminated on request', 7, null, false]);
    expect(end({ records: SEVEN, isBuried: true })).toEqual(['failed', 'exit code 7', 7, null, false]);
    expect(end({ records: OK, isBuried: true })).toEqual(['completed', '', 0, null, false]);
  });

  it('was terminated before its batch script began, which saw that and left', () => {
    const none = records('', { startedBy: null, output: 'terminated before it began' });
    for (const word of ['COMPLETED', 'FAILED', 'NODE_FAIL']) {
      const facts = { sight: sight(word, { exit: { code: 0, signal: 0 } }), records: none };
      expect(end({ ...facts, isBuried: true }).slice(0, 2)).toEqual(['killed', 'terminated on request']);
      expect(end(facts)[0]).toBe('failed');
    }
  });

  it.each(['NODE_FAIL', 'PREEMPTED', 'BOOT_FAIL', 'CANCELLED', 'TIMEOUT', 'DEADLINE'])(
    'had ended by itself before SLURM called it %s',
    (word) => {
      expect(end({ sight: sight(word), records: OK })).toEqual(['completed', '', 0, null, false]);
      expect(end({ sight: sight(word), records: SEVEN, isBuried: true })).toEqual([
        'failed',
        'exit code 7',
        7,
        null,
        false,
      ]);
      // Not when it was sent SIGTERM, or was killed, or another SLURM job of the key had run it.
      const killed = records('', { exit: parseExit('\n7 script 137 .\n', 'line 3: 12 Killed\n') });
      for (const other of [records('\n7 signalled 0 .\n'), killed, records('\n8 script 0 .\n')]) {
        expect(end({ sight: sight(word), records: other })[0]).toBe(word === 'CANCELLED' ? 'killed' : 'failed');
      }
      const isFault = ['NODE_FAIL', 'PREEMPTED', 'BOOT_FAIL'].includes(word);
      expect(end({ sight: sight(word), records: records('\n7 signalled 0 .\n') })[4]).toBe(isFault);
    },
  );

  it('says what may be why its script failed', () => {
    const hint = 'some lines of run.sh have Windows line ends (CRLF)';
    expect(end({ records: { ...SEVEN, hint } })[1]).toBe(`exit code 7 (${hint})`);
    expect(end({ records: { ...OK, hint } })[1]).toBe('');
  });

  it('took too much memory, whatever its script made of that', () => {
    expect(end({ sight: sight('OUT_OF_MEMORY'), records: OK })[0]).toBe('failed');
  });

  it('is never completed by the word of SLURM alone', () => {
    expect(lacksRecord({ sight: sight('COMPLETED'), records: records(''), isBuried: false })).toBe(true);
    const text = "SLURM: COMPLETED; the job left no record of its script's end: another SLURM job runs this one: 6";
    const other = records('', { output: 'another SLURM job runs this one: 6' });
    expect(end({ sight: sight('COMPLETED'), records: other })).toEqual(['failed', text, null, null, true]);
    // A record of another SLURM job of the same key is none.
    expect(lacksRecord({ sight: sight('COMPLETED', { jobId: 8 }), records: OK, isBuried: false })).toBe(true);
  });

  it('failed before its script began: by no fault of it', () => {
    const gap = 'its batch script never began: does the node see the work directory, and may the user write there?';
    const unopened = sight('FAILED', { exit: { code: 0, signal: 53 }, reason: 'JobLaunchFailure' });
    expect(end({ sight: unopened, records: records('', { startedBy: null }) })).toEqual([
      'failed',
      `SLURM: FAILED (JobLaunchFailure); ${gap}`,
      null,
      null,
      true,
    ]);
    const notBegun = records('', { startedBy: null, output: 'node1 does not see the directory' });
    expect(
      end({ sight: sight('FAILED', { exit: { code: 1, signal: 0 }, reason: 'NonZeroExitCode' }), records: notBegun }),
    ).toEqual([
      'failed',
      `SLURM: FAILED (NonZeroExitCode), exit code 1; ${gap}: node1 does not see the directory`,
      1,
      null,
      true,
    ]);
  });

  it('failed in the prolog, which says why', () => {
    const prolog = records('\n7 prolog 1 .\n', { output: 'no module haddock3' });
    expect(end({ sight: sight('FAILED'), records: prolog })).toEqual([
      'failed',
      'the prolog of the service failed with exit code 1: no module haddock3',
      1,
      null,
      false,
    ]);
  });
});

describe('the record of an end', () => {
  it.each([
    '',
    '\n',
    '7 script 0 .',
    '\n7 script 0\n',
    '\n7 script .\n',
    '\n7 other 0 .\n',
    '\nx script 0 .\n',
    '7 script 1234 .\n',
  ])('that is %j is none', (text) => {
    expect(parseExit(text, '')).toBeNull();
  });
});
