import { readServerConfig } from '../../config/server-config';
import type { JobSubmission } from '../backend';
import { minutesFor, requestOf, resourcesOf, withoutAllowance } from './job-requests';
import { pathsOf } from './job-paths';
import { readSlurmServices } from './slurm.config';

const NOTHING = { walltimeMs: null, cpus: null, memoryMiB: null };

function serviceWith(settings: Record<string, string> = {}) {
  const variables: Record<string, string> = { SERVICE_X_BACKEND: 'slurm' };
  for (const [name, value] of Object.entries({ WORKDIR: '/w', ...settings })) {
    variables[`SERVICE_X_SLURM_${name}`] = value;
  }
  const config = readServerConfig(variables);
  const [service] = readSlurmServices([...config.services.values()]);
  return service!;
}

function resources(wishes: Partial<JobSubmission>, settings: Record<string, string> = {}) {
  return resourcesOf({ id: 1, key: 'k', service: 'x', inputDir: '/i', ...NOTHING, ...wishes }, serviceWith(settings));
}

describe('resourcesOf', () => {
  const settings = { WALLTIME: '60', CPUS: '2', MEMORY: '100' };

  it("leaves to the cluster what neither the job nor its service's settings say", () => {
    expect(resources({})).toEqual(NOTHING);
  });

  it('gives a job what it asks for, and what its service is set up with for the rest', () => {
    expect(resources({}, settings)).toEqual({ walltimeMs: 60_000, cpus: 2, memoryMiB: 100 });
    expect(resources({ walltimeMs: 90_000, cpus: 3 }, settings)).toEqual({
      walltimeMs: 90_000,
      cpus: 3,
      memoryMiB: 100,
    });
  });

  it('takes the most that the service allows for the walltime only where WALLTIME says no other', () => {
    const most = { walltimeMs: 90_000, isWalltimeDefault: true };
    expect(resources(most, settings).walltimeMs).toBe(60_000);
    expect(resources(most).walltimeMs).toBe(90_000);
  });
});

describe('requestOf', () => {
  const optionsFor = (memoryMiB: number | null) =>
    requestOf('k', pathsOf('/w', 'k'), '', serviceWith({ OPTIONS: '--mem-per-cpu=2000 --nice=7' }), {
      ...NOTHING,
      memoryMiB,
    }).options.map(({ name }) => name);

  it('leaves out what sbatch would not take beside the memory that a job has asked for', () => {
    expect(optionsFor(null)).toEqual(['mem-per-cpu', 'nice']);
    expect(optionsFor(4000)).toEqual(['nice']);
  });
});

describe("SLURM's time limit", () => {
  it.each([
    [1, 2],
    [50, 2],
    [60, 2],
    [3_600, 61],
  ])('lies above %d s, for the start and the end: %d minutes, five more with a prolog', (seconds, minutes) => {
    expect(minutesFor(seconds * 1000, false)).toBe(minutes);
    expect(minutesFor(seconds * 1000, true)).toBe(minutes + 5);
  });

  it("is the cluster's where nobody says how long", () => {
    expect(minutesFor(null, true)).toBeNull();
  });

  it('can do without the allowance', () => {
    const request = (walltimeMs: number | null) =>
      requestOf('k', pathsOf('/w', 'k'), '', serviceWith(), { ...NOTHING, walltimeMs });
    expect(withoutAllowance(request(3_600_000), 3_600_000)).toMatchObject({ minutes: 60, name: 'jo-k' });
    expect(withoutAllowance(request(50_000), 50_000)).toMatchObject({ minutes: 1 });
    expect(withoutAllowance(request(null), null)).toBeNull();
  });
});
