import type { BackendState } from '../backends/backend';
import { STATUSES, type Status } from '../wire/status';
import { actionFor, type ReportAction } from './report-action';

const REPORTED = ['waiting', 'running', 'completed', 'failed', 'invalid', 'killed', 'lost', 'unclear'] as const;

/** A row a state of ours, its cells in the order of {@link REPORTED}. States that are not here take no report. */
const EXPECTED: Partial<Record<Status, readonly ReportAction[]>> = {
  Submitted: ['none', 'run', 'collect', 'collect', 'end', 'end', 'lose', 'note'],
  Prepared: ['none', 'run', 'collect', 'collect', 'end', 'end', 'lose', 'note'],
  Running: ['none', 'none', 'collect', 'collect', 'end', 'end', 'lose', 'note'],
  Locked: ['none', 'none', 'collect', 'collect', 'end', 'end', 'lose', 'note'],
};

const CELLS = STATUSES.flatMap((ours) =>
  REPORTED.map((reported, at): [Status, BackendState, ReportAction] => [
    ours,
    reported,
    EXPECTED[ours]?.[at] ?? 'none',
  ]),
);

it.each(CELLS)('a job that is %s, reported %s: %s', (ours, reported, action) => {
  expect(actionFor(ours, reported)).toBe(action);
});
