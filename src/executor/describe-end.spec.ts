import { describeEnd, type EndFacts } from './describe-end';
import type { ScriptEnd } from '../workload/script-end';

const EXIT_0: ScriptEnd = { exitCode: 0, signal: null, startError: null };

function describeWith(end: Partial<ScriptEnd> | null, facts: Partial<EndFacts> = {}) {
  const whole = end === null ? null : { ...EXIT_0, ...end };
  return describeEnd({ end: whole, isKilled: false, overtimeMs: null, hasWork: true, note: '', ...facts });
}

describe('describeEnd', () => {
  it('calls exit code 0 Completed and has nothing to say of it', () => {
    expect(describeWith({})).toEqual({ status: 'Completed', message: '', exitCode: 0, signal: null });
  });

  it.each([
    [{ exitCode: 1 }, 'exit code 1'],
    [{ exitCode: 126 }, 'exit code 126 (a command could not be executed)'],
    [{ exitCode: 127 }, 'exit code 127 (a command was not found)'],
    [{ exitCode: 130 }, 'exit code 130'],
    [{ exitCode: null, signal: 'SIGSEGV' }, 'killed by signal SIGSEGV'],
    [{ exitCode: 127, startError: 'setsid: not found' }, 'the script could not be started: setsid: not found'],
  ])('calls %j Failed and says why', (end, message) => {
    const { exitCode, signal } = { ...EXIT_0, ...end };
    expect(describeWith(end)).toEqual({ status: 'Failed', message, exitCode, signal });
  });

  it('does not call a job Completed whose results are gone', () => {
    expect(describeWith({}, { hasWork: false })).toMatchObject({
      status: 'Failed',
      exitCode: 0,
      message: expect.stringContaining('the working directory was removed') as unknown,
    });
  });

  it('says that the supervisor was lost where nothing is known', () => {
    const message = expect.stringMatching(/^supervisor lost/) as unknown;
    expect(describeWith(null)).toEqual({ status: 'Failed', message, exitCode: null, signal: null });
  });

  it('calls a job Killed that was to be terminated, however it ended', () => {
    for (const end of [null, {}, { exitCode: 3 }, { exitCode: null, signal: 'SIGTERM' }]) {
      expect(describeWith(end, { isKilled: true, hasWork: false })).toMatchObject({
        status: 'Killed',
        message: 'terminated on request',
        exitCode: end === null ? null : (end.exitCode ?? (end.signal ? null : 0)),
        signal: end?.signal ?? null,
      });
    }
  });

  it('says how long a job ran that ran too long, always with a cause of death', () => {
    const message = 'ran longer than 90 s, the most that it may, and was ended';
    const tooLong = { overtimeMs: 90_000 };
    expect(describeWith(null, tooLong)).toEqual({ status: 'Failed', message, exitCode: null, signal: 'SIGKILL' });
    expect(describeWith({ exitCode: null, signal: 'SIGTERM' }, tooLong)).toMatchObject({ signal: 'SIGTERM' });
    expect(describeWith({ exitCode: 3 }, tooLong)).toMatchObject({ status: 'Failed', exitCode: 3, signal: null });
    expect(describeWith(null, { ...tooLong, isKilled: true })).toMatchObject({ status: 'Killed' });
  });

  it('keeps what was to be said already, after the reason', () => {
    const note = 'run.sh: its byte order mark was removed';
    expect(describeWith({}, { note })).toMatchObject({ status: 'Completed', message: note });
    expect(describeWith({ exitCode: 2 }, { note })).toMatchObject({
      status: 'Failed',
      message: `exit code 2; ${note}`,
    });
  });
});
