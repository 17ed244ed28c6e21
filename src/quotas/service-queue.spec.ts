import { ServiceQueue, type ServiceLimits } from './service-queue';

/** Takes jobs until none may go. */
function drain(queue: ServiceQueue): number[] {
  const taken: number[] = [];
  for (let id = queue.next(); id !== null; id = queue.next()) {
    taken.push(id);
  }
  return taken;
}

describe('ServiceQueue', () => {
  it('never gives a user or the service more slots than they may have', () => {
    const queue = new ServiceQueue({ maxRuns: 5, runsPerUser: 3 });
    for (let id = 1; id <= 20; id++) {
      queue.enqueue(id, id <= 10 ? 1 : 2);
    }
    expect(drain(queue)).toEqual([1, 11, 2, 12, 3]);
    expect(queue.active).toBe(5);
    expect(queue.mayServe).toBe(false);
    queue.release(11);
    // User 1 has three: the free slot is user 2's.
    expect(drain(queue)).toEqual([13]);
  });

  it('lets users take turns, whoever uploaded more', () => {
    const queue = new ServiceQueue({ maxRuns: 1, runsPerUser: 1 });
    for (let id = 1; id <= 6; id++) queue.enqueue(id, 1);
    queue.enqueue(7, 2);
    queue.enqueue(8, 3);
    const order: number[] = [];
    for (let id = queue.next(); id !== null; id = queue.next()) {
      order.push(id);
      queue.release(id);
    }
    expect(order).toEqual([1, 7, 8, 2, 3, 4, 5, 6]);
  });

  it("starts a user's own jobs in the order of upload, whatever the order in which they are told of", () => {
    const queue = new ServiceQueue({ maxRuns: 10, runsPerUser: 10 });
    [4, 2, 9, 1, 3, 9].forEach((id) => queue.enqueue(id, 1));
    expect(drain(queue)).toEqual([1, 2, 3, 4, 9]);
  });

  it('puts a job that could not begin back in its old place, and frees its slot', () => {
    const queue = new ServiceQueue({ maxRuns: 2, runsPerUser: 2 });
    [1, 2, 3].forEach((id) => queue.enqueue(id, 1));
    expect(drain(queue)).toEqual([1, 2]);
    queue.giveBack(1);
    expect([queue.active, queue.waiting]).toEqual([1, 2]);
    expect(drain(queue)).toEqual([1]);
    queue.giveBack(99);
    expect(queue.active).toBe(2);
  });

  it('never serves a job that was withdrawn, and serves it once when it waits again', () => {
    const queue = new ServiceQueue({ maxRuns: 9, runsPerUser: 9 });
    [1, 2, 3, 4].forEach((id) => queue.enqueue(id, 1));
    [1, 3].forEach((id) => queue.withdraw(id, 1));
    queue.withdraw(7, 1);
    queue.withdraw(1, 5);
    queue.enqueue(3, 1);
    expect(queue.waiting).toBe(3);
    expect(drain(queue)).toEqual([2, 3, 4]);
    expect(queue.waiting).toBe(0);
  });

  it('takes jobs found active at start as a fact, above the limits too, and waits until they are under again', () => {
    const queue = new ServiceQueue({ maxRuns: 3, runsPerUser: 2 });
    [1, 2, 3, 4, 5].forEach((id) => queue.occupy(id, 1));
    queue.occupy(5, 1);
    expect(queue.active).toBe(5);
    queue.enqueue(6, 1);
    queue.enqueue(7, 2);
    const started = [1, 2, 3, 4, 5].map((id) => {
      queue.release(id);
      return drain(queue);
    });
    expect(started).toEqual([[], [], [7], [6], []]);
  });

  it('counts a slot that is released twice, or was never taken, once', () => {
    const queue = new ServiceQueue({ maxRuns: 1, runsPerUser: 1 });
    [1, 2, 3].forEach((id) => queue.enqueue(id, 1));
    expect(drain(queue)).toEqual([1]);
    queue.release(1);
    queue.release(1);
    queue.release(44);
    expect(drain(queue)).toEqual([2]);
  });

  it('hands nothing over for a service without slots', () => {
    const queue = new ServiceQueue({ maxRuns: 0, runsPerUser: 0 });
    queue.enqueue(1, 1);
    expect(queue.mayServe).toBe(false);
    expect(queue.next()).toBeNull();
  });

  it('says which quota holds a user up, the own one first', () => {
    const queue = new ServiceQueue({ maxRuns: 2, runsPerUser: 1 });
    expect(queue.holdReason(1)).toBeNull();
    queue.occupy(1, 1);
    expect(queue.holdReason(1)).toMatch(/1 jobs of this user .* 1 may be/);
    expect(queue.holdReason(2)).toBeNull();
    queue.occupy(2, 2);
    expect(queue.holdReason(3)).toMatch(/2 jobs are active .* 2 may be/);
  });

  it('decides at the same cost with 20,000 jobs waiting as with 20', () => {
    expect(operationsOfOneTurn(20_000)).toBe(operationsOfOneTurn(20));
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'does what a naive model does, through 500 random steps (seed %i)',
    (seed) => {
      const random = generator(seed);
      const limits = { maxRuns: 1 + random(6), runsPerUser: 1 + random(4) };
      compareWithModel(limits, random);
    },
  );
});

/** Calls of Map, Set and array methods that one upload, one decision and one freed slot make. */
function operationsOfOneTurn(waiting: number): number {
  const queue = new ServiceQueue({ maxRuns: 5, runsPerUser: 5 });
  for (let id = 1; id <= waiting; id++) {
    queue.enqueue(id, id % 4);
  }
  queue.next();
  let calls = 0;
  const spies = [
    ...(['get', 'set', 'has', 'delete', 'values'] as const).map((name) => jest.spyOn(Map.prototype, name)),
    ...(['add', 'has', 'delete', 'values'] as const).map((name) => jest.spyOn(Set.prototype, name)),
    ...(['shift', 'splice', 'indexOf', 'includes', 'filter'] as const).map((name) => jest.spyOn(Array.prototype, name)),
  ];
  try {
    const id = queue.next();
    queue.enqueue(waiting + 1, 1);
    queue.release(id!);
  } finally {
    calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    spies.forEach((spy) => spy.mockRestore());
  }
  expect(calls).toBeGreaterThan(5);
  return calls;
}

type Random = (below: number) => number;

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The rules, written without a thought for cost. */
class NaiveQueue {
  readonly jobs = new Map<number, { user: number; state: 'waiting' | 'active' | 'gone' }>();
  private turns: number[] = [];

  constructor(readonly limits: ServiceLimits) {}

  of(state: 'waiting' | 'active', user?: number): number[] {
    return [...this.jobs]
      .filter(([, job]) => job.state === state && (user === undefined || job.user === user))
      .map(([id]) => id)
      .sort((a, b) => a - b);
  }

  set(id: number, user: number, state: 'waiting' | 'active' | 'gone'): void {
    this.jobs.set(id, { user, state });
    this.settle();
  }

  next(): number | null {
    const [user] = this.turns;
    if (user === undefined || this.of('active').length >= this.limits.maxRuns) {
      return null;
    }
    const [id] = this.of('waiting', user);
    this.turns.shift();
    this.set(id!, user, 'active');
    return id!;
  }

  private settle(): void {
    const users = [...new Set([...this.jobs.values()].map((job) => job.user))];
    const mayGo = users.filter(
      (user) => this.of('waiting', user).length > 0 && this.of('active', user).length < this.limits.runsPerUser,
    );
    this.turns = [
      ...this.turns.filter((user) => mayGo.includes(user)),
      ...mayGo.filter((user) => !this.turns.includes(user)),
    ];
  }
}

function compareWithModel(limits: ServiceLimits, random: Random): void {
  const queue = new ServiceQueue(limits);
  const model = new NaiveQueue(limits);
  let lastId = 0;
  const pick = (ids: readonly number[]): number | undefined => ids[random(ids.length || 1)];
  const userOf = (id: number): number => model.jobs.get(id)!.user;

  const steps: (() => void)[] = [
    () => {
      const [id, user] = [++lastId, 1 + random(4)];
      queue.enqueue(id, user);
      model.set(id, user, 'waiting');
    },
    () => {
      const id = queue.next();
      expect(id).toBe(model.next());
      if (id !== null) {
        expect(queue.active).toBeLessThanOrEqual(limits.maxRuns);
        expect(model.of('active', userOf(id)).length).toBeLessThanOrEqual(limits.runsPerUser);
      }
    },
    () => {
      const id = pick(model.of('waiting'));
      if (id !== undefined) {
        queue.withdraw(id, userOf(id));
        model.set(id, userOf(id), 'gone');
      }
    },
    () => {
      const id = pick(model.of('active'));
      if (id !== undefined) {
        queue.release(id);
        model.set(id, userOf(id), 'gone');
      }
    },
    () => {
      const id = pick(model.of('active'));
      if (id !== undefined) {
        queue.giveBack(id);
        model.set(id, userOf(id), 'waiting');
      }
    },
    () => {
      // A job that had gone waits again, or is found active.
      const id = pick([...model.jobs.keys()]);
      if (id !== undefined && model.jobs.get(id)!.state === 'gone') {
        queue.enqueue(id, userOf(id));
        model.set(id, userOf(id), 'waiting');
      }
    },
    () => {
      const id = random(8) === 0 ? pick(model.of('waiting')) : undefined;
      if (id !== undefined) {
        queue.occupy(id, userOf(id));
        model.set(id, userOf(id), 'active');
      }
    },
  ];
  for (let step = 0; step < 500; step++) {
    steps[random(steps.length)]!();
    expect([queue.active, queue.waiting]).toEqual([model.of('active').length, model.of('waiting').length]);
  }
}
