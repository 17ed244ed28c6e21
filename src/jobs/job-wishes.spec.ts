import {
  fieldsKept,
  hasWishes,
  type KeptWishes,
  NO_WISHES,
  readWishes,
  refusalOf,
  type WishLimits,
} from './job-wishes';
import { UploadFieldError } from './jobs.errors';

const FREE: WishLimits = { name: 'x', maxRuntimeMs: null, maxCpus: null, maxMemoryMiB: null };
const BOUND: WishLimits = { name: 'x', maxRuntimeMs: 60_000, maxCpus: 4, maxMemoryMiB: 1024 };
const ALL: KeptWishes = { walltime: true, resources: true };
const UNKNOWN: KeptWishes = { walltime: null, resources: null };

function read(fields: Record<string, string>, limits = BOUND, kept = ALL) {
  return readWishes(new Map(Object.entries(fields)), limits, kept);
}

describe('readWishes', () => {
  it('takes seconds, CPUs and MiB, up to exactly the limit of the service', () => {
    expect(read({ walltime: '60', cpus: '4', memory: '1024' })).toEqual({
      walltimeMs: 60_000,
      cpus: 4,
      memoryMiB: 1024,
    });
    expect(read({ cpus: '01' })).toEqual({ ...NO_WISHES, cpus: 1 });
  });

  it('takes fields that are not there, or empty, for no wish', () => {
    expect(read({})).toEqual(NO_WISHES);
    expect(read({ walltime: '', cpus: '', memory: '' }, BOUND, { walltime: false, resources: false })).toEqual(
      NO_WISHES,
    );
    expect(hasWishes(new Map([['walltime', '']]))).toBe(false);
    expect(hasWishes(new Map([['memory', '0']]))).toBe(true);
  });

  it.each([
    ['walltime', '61', 'walltime: 61 is more than service x allows, 60 seconds'],
    ['cpus', '5', 'cpus: 5 is more than service x allows, 4 CPUs'],
    ['memory', '1025', 'memory: 1025 is more than service x allows, 1024 MiB'],
  ])('refuses %s=%s: more than the service allows', (field, value, message) => {
    expect(() => read({ [field]: value })).toThrow(new UploadFieldError(field, message));
    expect(read({ [field]: value }, FREE)).not.toEqual(NO_WISHES);
  });

  it.each(['0', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', '1\n', 'abc', 'null', '١', '9'.repeat(400)])(
    'refuses %j, with the field, the value and the limit',
    (value) => {
      for (const [field, most] of [
        ['walltime', '60'],
        ['cpus', '4'],
        ['memory', '1024'],
      ] as const) {
        const refused = (limits: WishLimits) => {
          try {
            return read({ [field]: value }, limits);
          } catch (error) {
            return error as Error;
          }
        };
        expect(refused(BOUND)).toBeInstanceOf(UploadFieldError);
        const { message } = refused(BOUND) as Error;
        expect(message).toContain(`${field}: ${JSON.stringify(value).slice(0, 20)}`);
        expect(message).toMatch(new RegExp(`from 1 to ${most}$`));
        expect(refused(FREE)).toBeInstanceOf(UploadFieldError);
      }
    },
  );

  it('has limits where the service has none', () => {
    expect(() => read({ walltime: '315360001' }, FREE)).toThrow('more than service x allows, 315360000 seconds');
    expect(() => read({ cpus: '1000001' }, FREE)).toThrow('allows, 1000000 CPUs');
    expect(() => read({ memory: '1000000001' }, FREE)).toThrow('allows, 1000000000 MiB');
  });

  it('refuses what the backend does not keep, and nothing that is not known of it', () => {
    expect(() => read({ walltime: '1' }, FREE, { ...ALL, walltime: false })).toThrow(
      "walltime: 1 seconds can't be asked for: the backend of service x does not limit run times",
    );
    for (const field of ['cpus', 'memory']) {
      expect(() => read({ [field]: '1' }, FREE, { ...ALL, resources: false })).toThrow(
        /the backend of service x does not give jobs CPUs or memory of their own$/,
      );
    }
    expect(read({ walltime: '1', cpus: '1', memory: '1' }, FREE, UNKNOWN)).toEqual({
      walltimeMs: 1000,
      cpus: 1,
      memoryMiB: 1,
    });
  });
});

describe('refusalOf', () => {
  it('is null for a job that asks for nothing, whatever the backend', () => {
    expect(refusalOf(NO_WISHES, BOUND, { walltime: false, resources: false })).toBeNull();
  });

  it('names the field of a wish that was accepted under another configuration', () => {
    expect(refusalOf({ ...NO_WISHES, walltimeMs: 61_000 }, BOUND, ALL)).toMatchObject({ field: 'walltime' });
    expect(refusalOf({ ...NO_WISHES, memoryMiB: 1 }, BOUND, { ...ALL, resources: false })).toMatchObject({
      field: 'memory',
    });
  });
});

describe('fieldsKept', () => {
  it('leaves out what the backend surely does not keep', () => {
    expect(fieldsKept(ALL)).toEqual(['walltime', 'cpus', 'memory']);
    expect(fieldsKept({ walltime: null, resources: false })).toEqual(['walltime']);
    expect(fieldsKept({ walltime: false, resources: false })).toEqual([]);
  });
});
