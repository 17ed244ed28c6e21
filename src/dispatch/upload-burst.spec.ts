import { UploadBurst } from './upload-burst';

function after(times: readonly number[]): UploadBurst {
  const burst = new UploadBurst();
  times.forEach((time) => burst.note(time));
  return burst;
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, at) => at * ms);

describe('UploadBurst', () => {
  it('is on while more than 200 uploads a second come, and off soon after', () => {
    const burst = after(every(1, 50));
    expect(burst.isOn(50)).toBe(true);
    expect(burst.isOn(200)).toBe(false);
  });

  it('is off while they come more slowly, and before there were many', () => {
    expect(after(every(10, 50)).isOn(500)).toBe(false);
    expect(after(every(1, 19)).isOn(19)).toBe(false);
  });

  it('puts a hand-over off while another has just begun, and only in a burst', () => {
    const burst = after(every(1, 50));
    expect(burst.putsOff(1, 45, 50)).toBe(true);
    expect(burst.putsOff(0, 45, 50)).toBe(false);
    expect(burst.putsOff(1, 45, 200)).toBe(false);
  });

  it('lets the next begin beside one that takes long, however long the burst lasts', () => {
    expect(after(every(1, 1000)).putsOff(1, 700, 1000)).toBe(false);
  });
});
