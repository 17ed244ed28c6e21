import { recorded } from '../../../../test/support-slurm/recorded';
import { isEndedAlready, scancelArgs } from './scancel';
import { parsePing, SCONTROL_PING_ARGS } from './scontrol-ping';

describe('scontrol ping', () => {
  it('tells a controller that answers from one that does not', () => {
    expect(SCONTROL_PING_ARGS).toEqual(['ping']);
    expect(parsePing(recorded('scontrol-ping.txt').stdout)).toBeNull();
    expect(parsePing(recorded('down-scontrol-ping.txt').stdout)).toBe('Slurmctld(primary) at vm is DOWN');
  });

  it('is content with a backup that answers, and not with silence', () => {
    expect(parsePing('Slurmctld(primary) at a is DOWN\nSlurmctld(backup) at b is UP\n')).toBeNull();
    expect(parsePing('')).toBe('scontrol ping gave no answer');
  });
});

describe('scancel', () => {
  it('is given ids alone: a signal by name would end the job FAILED', () => {
    expect(scancelArgs([7, 8])).toEqual(['7', '8']);
  });

  it('is silent about a job that SLURM does not know, and says when it could not ask', () => {
    const unknown = recorded('scancel-unknown.txt');
    const down = recorded('down-scancel.txt');
    expect([unknown.code, unknown.stderr]).toEqual([0, '']);
    expect([down.code, isEndedAlready(down.stderr)]).toEqual([8, false]);
    expect(isEndedAlready('scancel: error: Kill job error on job id 7: Invalid job id specified')).toBe(true);
  });
});
