import { cutShort, recorded, recordedHttp, recordedJson } from '../../../../test/support-slurm/recorded';
import { parseSacct } from '../commands/sacct';
import { parseSqueue } from '../commands/squeue';
import { readErrors, readJobId, readJobs, readPing } from './rest-answers';

const VERSIONS = ['v0.0.36', 'v0.0.37', 'v0.0.38'];

/** A job as v0.0.40 and later write it (OpenAPI schemas job_info, process_exit_code_verbose, uint64_no_val). */
const NEW_JOB = {
  job_id: 7,
  name: 'jo-k',
  user_name: 'portal',
  job_state: ['COMPLETED', 'COMPLETING'],
  state_reason: 'None',
  exit_code: {
    status: ['ERROR'],
    return_code: { set: true, infinite: false, number: 7 },
    signal: { id: { set: false, infinite: false, number: 0 }, name: '' },
  },
  start_time: { set: true, infinite: false, number: 1_795_590_321 },
  end_time: { set: false, infinite: false, number: 0 },
};

describe('a list of jobs', () => {
  it.each(VERSIONS)('of %s is read as squeue tells the same jobs', (version) => {
    const list = readJobs(recordedJson(`jobs-${version}.json`), 'root');
    const byCommand = parseSqueue(recorded('squeue-completing.txt').stdout);
    const sorted = (jobs: readonly { jobId: number }[]) => [...jobs].sort((a, b) => a.jobId - b.jobId);
    expect(list?.unreadable).toEqual([]);
    expect(sorted(list?.jobs ?? [])).toEqual(sorted(byCommand.jobs));
  });

  it('of later versions has states in lists, numbers in objects, exit codes in parts', () => {
    expect(readJobs({ jobs: [NEW_JOB] }, 'portal')?.jobs).toEqual([
      {
        jobId: 7,
        name: 'jo-k',
        words: ['COMPLETED', 'COMPLETING'],
        reason: '',
        exit: { code: 7, signal: 0 },
        startedAt: 1_795_590_321_000,
        endedAt: null,
      },
    ]);
    const signalled = { ...NEW_JOB.exit_code, signal: { id: { set: true, infinite: false, number: 9 }, name: 'KILL' } };
    expect(readJobs({ jobs: [{ ...NEW_JOB, exit_code: signalled }] }, null)?.jobs[0]?.exit).toEqual({
      code: 7,
      signal: 9,
    });
  });

  it('leaves out the jobs of others, where the version names the owner', () => {
    expect(readJobs({ jobs: [NEW_JOB] }, 'other')).toEqual({ jobs: [], unreadable: [] });
    expect(readJobs({ jobs: [{ ...NEW_JOB, user_name: '' }] }, 'other')?.jobs).toHaveLength(1);
  });

  it('of accounting is read as sacct tells the same jobs, but for the exit codes, which it loses', () => {
    const { body } = recordedHttp('slurmdb-jobs-v0.0.38.http');
    const { jobs } = parseSacct(recorded('sacct-as-slurmdb.txt').stdout);
    const lossless = jobs.map(({ name, words, exit }) => [name, words, exit?.code, exit?.signal]);
    expect(lossless).toEqual([
      ['jo-ok', ['COMPLETED'], 0, 0],
      ['jo-bad', ['FAILED'], 7, 0],
      ['jo-sig', ['FAILED'], 0, 9],
      ['jo-can', ['CANCELLED'], 0, 0],
      ['jo-run', ['RUNNING'], 0, 0],
    ]);
    expect(readJobs(JSON.parse(body), null)).toEqual({
      jobs: jobs.map((job) => ({ ...job, exit: null })),
      unreadable: [],
    });
  });

  it('tells what it could not read, and costs no other job its report', () => {
    const { jobs, unreadable } = readJobs({ jobs: [null, 7, {}, { job_id: 'x' }, { job_id: 0 }, NEW_JOB] }, 'portal')!;
    expect(jobs).toHaveLength(1);
    expect(unreadable).toHaveLength(5);
  });

  it.each([undefined, null, 'text', [], {}, { jobs: {} }, { jobs: null }])('is none in %j', (body) => {
    expect(readJobs(body, null)).toBeNull();
  });

  it.each([{}, { job_state: 7 }, { job_state: [7, null] }, { exit_code: 'x', start_time: 'soon' }])(
    'has a job of no state, not of a guessed one, with %j in it',
    (changes) => {
      const [job] = readJobs({ jobs: [{ job_id: 7, ...changes }] }, null)!.jobs;
      expect(job).toMatchObject({ words: [], exit: null, startedAt: null });
    },
  );
});

describe('other answers', () => {
  it("to a submission hold the id of the job, or SLURM's refusal", () => {
    expect(readJobId({ job_id: 15, step_id: 'BATCH', errors: [] })).toBe(15);
    expect(readJobId({ result: { job_id: 15 } })).toBe(15);
    expect(readJobId({ job_id: 0 })).toBeNull();
    expect(readErrors({ errors: [{ error_code: 2000, error: 'Invalid partition name specified' }] })).toEqual([
      { number: 2000, text: 'Invalid partition name specified' },
    ]);
  });

  it('of a slurmrestd without a controller are errors', () => {
    const { status, body } = recordedHttp('down-jobs-v0.0.38.http');
    expect(status).toBe(500);
    expect(readErrors(JSON.parse(body))).toEqual([
      { number: -1, text: 'Unspecified error: Failed while looking for jobs' },
    ]);
    for (const text of cutShort(body)) {
      expect(readErrors(text)).toEqual([]);
    }
  });

  it('to a ping say whether a controller answers', () => {
    expect(readPing({ pings: [{ hostname: 'a', ping: 'UP', status: 0, mode: 'primary' }] })).toBeNull();
    expect(
      readPing({
        pings: [
          { hostname: 'a', pinged: 'DOWN' },
          { hostname: 'b', pinged: 'UP' },
        ],
      }),
    ).toBeNull();
    expect(readPing({ pings: [{ hostname: 'a', ping: 'DOWN' }] })).toBe('slurmctld on a is down');
    expect(readPing({})).toBe('slurmrestd names no controller');
  });
});
