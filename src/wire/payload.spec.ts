import { noPayload, readPayload } from './payload';
import { noJob } from './status-body';

const BARE = { key: null, message: '', exitCode: null, signal: null, startedAt: null, endedAt: null, tellsEnd: false };

describe('readPayload', () => {
  it('needs id and status alone', () => {
    expect(readPayload({ id: 3, status: 'Running' })).toEqual({ id: 3, status: 'Running', ...BARE });
  });

  it('reads what our executor adds', () => {
    const payload = { id: 3, input: {}, status: 'Failed', loc: '/x', pid: 9, killed: false, key: 'k', message: 'm' };
    const added = { exit_code: 2, signal: 'SIGKILL', started_at: 10, ended_at: 20 };
    expect(readPayload({ ...payload, ...added })).toEqual({
      id: 3,
      status: 'Failed',
      key: 'k',
      message: 'm',
      exitCode: 2,
      signal: 'SIGKILL',
      startedAt: 10,
      endedAt: 20,
      tellsEnd: true,
    });
  });

  it("reads the Rust client's, which echoes what it was sent", () => {
    const input = { 'run.sh': [101, 99, 104, 111] };
    const payload = { id: 1, input, status: 'Prepared', loc: 'data/x', pid: 0, killed: false };
    expect(readPayload(payload)).toEqual({ id: 1, status: 'Prepared', ...BARE });
  });

  it("reads the Rust client's from 2.3 on, which echoes nothing, and tells of a job whose processes are gone", () => {
    const payload = { id: 1, status: 'Lost', loc: 'data/1', pid: 7, killed: false };
    expect(readPayload(payload)).toEqual({
      id: 1,
      status: 'Failed',
      ...BARE,
      message: 'its processes are gone, and left no exit code',
      tellsEnd: true,
    });
  });

  it('takes an added key of the wrong type for missing', () => {
    const wrong = { key: 5, message: null, exit_code: '0', signal: 9, started_at: 1.5, ended_at: 'now' };
    expect(readPayload({ id: 1, status: 'Killed', ...wrong })).toEqual({
      id: 1,
      status: 'Killed',
      ...BARE,
      tellsEnd: true,
    });
  });

  it.each([
    null,
    undefined,
    'Running',
    7,
    [],
    {},
    { id: 1 },
    { status: 'Running' },
    { id: '1', status: 'Running' },
    { id: 1.5, status: 'Running' },
    { id: 1, status: 'running' },
    { id: 1, status: 'Exploded' },
  ])('takes %j for no payload', (value) => {
    expect(readPayload(value)).toBeNull();
  });
});

it('an error that concerns no payload has all six keys that the Rust server needs', () => {
  const payload = noPayload('no such payload');
  expect(payload).toMatchObject({ id: 0, input: {}, status: 'Unknown', loc: '', pid: 0, killed: false });
  expect(readPayload(payload)).toMatchObject({ id: 0, message: 'no such payload' });
});

it('an error that concerns no job has id 0 and status Unknown', () => {
  expect(noJob('Invalid service')).toEqual({ id: 0, status: 'Unknown', message: 'Invalid service' });
});
