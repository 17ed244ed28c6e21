import { BackendUnavailableError } from '../backend.errors';
import { PatientReads } from './patient-reads';

const forever = () => new Promise<string>(() => undefined);

describe('patient reads', () => {
  it('give up on what hangs, in time, and go on with others meanwhile', async () => {
    const reads = new PatientReads<string>(200);
    const begun = performance.now();
    const hanging = Array.from({ length: 15 }, (_, index) => reads.read(`hung ${index}`, forever));
    const quick = Array.from({ length: 100 }, (_, index) => reads.read(`quick ${index}`, () => Promise.resolve('yes')));
    expect(await Promise.all(quick)).toHaveLength(100);
    expect(performance.now() - begun).toBeLessThan(180);
    for (const result of await Promise.allSettled(hanging)) {
      expect(result).toMatchObject({ reason: expect.any(BackendUnavailableError) as unknown });
    }
  });

  it('begin none again that hangs, do not wait for it a second time, and give its result once it is there', async () => {
    const reads = new PatientReads<string>(100);
    let count = 0;
    let arrive: (text: string) => void = () => undefined;
    const work = () => {
      count++;
      return new Promise<string>((resolve) => (arrive = resolve));
    };
    await expect(reads.read('key', work)).rejects.toThrow(BackendUnavailableError);
    const begun = performance.now();
    await expect(reads.read('key', work)).rejects.toThrow('has not answered within 0.1 s');
    expect(performance.now() - begun).toBeLessThan(80);
    arrive('late');
    expect(await reads.read('key', work)).toBe('late');
    expect(count).toBe(1);
    const next = reads.read('key', work);
    arrive('new');
    expect([await next, count]).toEqual(['new', 2]);
  });

  it('pass on what goes wrong', async () => {
    const reads = new PatientReads<string>(100);
    await expect(reads.read('key', () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  });
});
