import type { PayloadReport } from '../../wire/payload';
import { STATUSES, type Status } from '../../wire/status';
import type { BackendState } from '../backend';
import { bareReport } from '../bare-report';
import { toReport } from './native-report';

const EXPECTED: Record<Status, BackendState> = {
  Queued: 'waiting',
  Processing: 'waiting',
  Submitted: 'waiting',
  Prepared: 'waiting',
  Running: 'running',
  Completed: 'completed',
  Failed: 'failed',
  Invalid: 'invalid',
  Killed: 'killed',
  Cleaned: 'lost',
  Locked: 'running',
  Unknown: 'unclear',
};

const DETAILS = { message: 'exit code 2', exitCode: 2, signal: null, startedAt: 5, endedAt: 9 };

it.each(STATUSES)(
  'a payload that is %s is reported in the terms of the interface, with all that is known',
  (status) => {
    const payload: PayloadReport = { id: 1, key: 'k', status, ...DETAILS, tellsEnd: true };
    expect(toReport(payload)).toEqual({ state: EXPECTED[status], ...DETAILS, isBackendFault: false });
  },
);

it('a bare report holds nothing but its state and text', () => {
  expect(bareReport('lost', 'gone')).toEqual({
    state: 'lost',
    message: 'gone',
    exitCode: null,
    signal: null,
    startedAt: null,
    endedAt: null,
    isBackendFault: false,
  });
});

it('a failure without exit code and signal is the fault of an executor that would tell, and of no other', () => {
  const lost = { ...DETAILS, exitCode: null };
  const payload = { id: 1, key: 'k', status: 'Failed', ...lost } as const;
  expect(toReport({ ...payload, tellsEnd: true }).isBackendFault).toBe(true);
  expect(toReport({ ...payload, tellsEnd: false }).isBackendFault).toBe(false);
  expect(toReport({ ...payload, signal: 'SIGKILL', tellsEnd: true }).isBackendFault).toBe(false);
  expect(toReport({ ...payload, status: 'Running', tellsEnd: true }).isBackendFault).toBe(false);
});
