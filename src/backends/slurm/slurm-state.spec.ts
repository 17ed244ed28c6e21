import { isOver, meaningOf, SLURM_STATES } from './slurm-state';

/** The states and flags that SLURM's manual lists, up to 25.11. */
const MANUAL = [
  ...['BOOT_FAIL', 'CANCELLED', 'COMPLETED', 'DEADLINE', 'FAILED', 'NODE_FAIL', 'OUT_OF_MEMORY', 'PENDING'],
  ...['PREEMPTED', 'RUNNING', 'SUSPENDED', 'TIMEOUT', 'COMPLETING', 'CONFIGURING', 'EXPEDITING', 'LAUNCH_FAILED'],
  ...['POWER_UP_NODE', 'RECONFIG_FAIL', 'REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'RESIZING', 'RESV_DEL_HOLD'],
  ...['REVOKED', 'SIGNALING', 'SPECIAL_EXIT', 'STAGE_OUT', 'STOPPED', 'UPDATE_DB'],
];

describe('the states of SLURM', () => {
  it('are all in the table', () => {
    expect(Object.keys(SLURM_STATES).sort()).toEqual([...MANUAL].sort());
  });

  it('end a job by no fault of its script where a node or another job was the reason', () => {
    const faults = Object.entries(SLURM_STATES).filter(([, { isBackendFault }]) => isBackendFault);
    expect(faults.map(([word]) => word).sort()).toEqual(['BOOT_FAIL', 'NODE_FAIL', 'PREEMPTED']);
  });

  it.each([
    [['RUNNING'], 'running'],
    [['COMPLETED', 'COMPLETING'], 'running'],
    [['COMPLETING', 'CANCELLED'], 'running'],
    [['PENDING', 'REQUEUED'], 'waiting'],
    [['RUNNING', 'CONFIGURING'], 'waiting'],
    [['FAILED', 'LAUNCH_FAILED'], 'failed'],
    [['PENDING', 'LAUNCH_FAILED'], 'waiting'],
    [['COMPLETED', 'UPDATE_DB'], 'completed'],
    [['REVOKED'], undefined],
    [['COMPLETED', 'DREAMING'], undefined],
    [['DREAMING'], undefined],
    [['constructor'], undefined],
    [[], undefined],
  ])('together: %j means %s', (words, means) => {
    expect(meaningOf(words)?.means).toBe(means);
    expect(isOver(words)).toBe(['completed', 'failed', 'killed'].includes(means ?? ''));
  });
});
