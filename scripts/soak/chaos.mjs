// The faults: one after the other, at random moments, until time is up.

import { setTimeout as delay } from 'node:timers/promises';

/** How often each fault comes, relative to the others. */
const FAULTS = new Map([
  ['server killed', 3],
  ['executor killed', 3],
  ['executor and jobs killed', 2],
  ['both killed', 1],
  ['line cut', 2],
  ['line stalled', 1],
  ['connections reset', 3],
]);

export class Chaos {
  /** Fault to the number of times that it was done. */
  counts = new Map([...FAULTS.keys()].map((fault) => [fault, 0]));
  /** Milliseconds since 1970 at which all processes of jobs were killed: `[before, after]`. */
  massacres = [];

  constructor(world, random, signal) {
    Object.assign(this, { world, random, signal });
  }

  async run(seconds) {
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until && this.world.crashes.length === 0) {
      await this.#pause(300, 3_000);
      const fault = this.random.weighted(FAULTS);
      this.counts.set(fault, this.counts.get(fault) + 1);
      await this.#injure(fault);
    }
  }

  #pause(low, high) {
    return delay(this.random.between(low, high), undefined, { signal: this.signal });
  }

  async #injure(fault) {
    const { world } = this;
    switch (fault) {
      case 'server killed':
        await world.kill('server');
        await this.#pause(0, 1_500);
        return world.startServer();
      case 'executor killed':
        await world.kill('executor');
        await this.#pause(0, 2_500);
        return world.startExecutor();
      case 'executor and jobs killed': {
        await world.kill('executor');
        const before = Date.now();
        world.killJobs();
        this.massacres.push([before, Date.now()]);
        await this.#pause(0, 2_500);
        return world.startExecutor();
      }
      case 'both killed':
        await Promise.all([world.kill('server'), world.kill('executor')]);
        await this.#pause(0, 1_500);
        return Promise.all([world.startServer(), world.startExecutor()]);
      case 'line cut':
        await world.proxy.cut();
        await this.#pause(200, 4_000);
        return world.proxy.open();
      case 'line stalled':
        world.proxy.stall();
        await this.#pause(500, 6_000);
        return world.proxy.resume();
      case 'connections reset':
        return world.proxy.reset();
      default:
        throw new Error(`no such fault: ${fault}`);
    }
  }
}
