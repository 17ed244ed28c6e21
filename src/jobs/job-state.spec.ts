import { STATUSES } from '../wire/status';
import { ENDED_STATES, isActive, isFinal, LIVE_STATES, sourcesOf } from './job-state';

describe('the life of a job', () => {
  it('counts towards quotas exactly what the contract names', () => {
    expect(STATUSES.filter(isActive)).toEqual(['Processing', 'Submitted', 'Prepared', 'Running', 'Locked']);
  });

  it('has four ends and `Cleaned`, and every other state is live', () => {
    expect(STATUSES.filter(isFinal)).toEqual(['Completed', 'Failed', 'Invalid', 'Killed', 'Cleaned']);
    expect([...ENDED_STATES].sort()).toEqual(['Completed', 'Failed', 'Invalid', 'Killed']);
    expect([...LIVE_STATES].sort()).toEqual(STATUSES.filter((state) => !isFinal(state)).sort());
  });

  it('moves a job that has ended nowhere but to `Cleaned`, and that one nowhere', () => {
    const movedFrom = (from: (typeof STATUSES)[number]) => STATUSES.filter((to) => sourcesOf(to).includes(from));
    expect(STATUSES.filter(isFinal).map(movedFrom)).toEqual([['Cleaned'], ['Cleaned'], ['Cleaned'], ['Cleaned'], []]);
  });

  it('lets every job that was accepted be terminated', () => {
    expect(LIVE_STATES.filter((from) => !sourcesOf('Killed').includes(from))).toEqual(['Unknown']);
  });

  it('lets every live state come to an end, so that no slot is held for ever', () => {
    expect(LIVE_STATES.filter((from) => !sourcesOf('Failed').includes(from))).toEqual([]);
  });
});
