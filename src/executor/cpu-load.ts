import { cpus } from 'node:os';
import { Injectable } from '@nestjs/common';

interface Sample {
  readonly at: number;
  readonly busy: number;
  readonly total: number;
}

/** Two samples closer than this say nothing: the kernel counts in ticks of 10 ms. */
const MIN_DISTANCE_MS = 250;

/** CPU use of the machine since the last question, in percent of all cores. */
@Injectable()
export class CpuLoad {
  private last = sample();
  private percent = 0;

  read(): number {
    const now = sample();
    if (now.at - this.last.at >= MIN_DISTANCE_MS && now.total > this.last.total) {
      const share = (now.busy - this.last.busy) / (now.total - this.last.total);
      this.percent = Math.min(100, Math.max(0, share * 100));
      this.last = now;
    }
    return this.percent;
  }
}

function sample(): Sample {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    busy += all - times.idle;
    total += all;
  }
  return { at: performance.now(), busy, total };
}
