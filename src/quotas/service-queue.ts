/** How many jobs may be active (hold a slot) at a time on one service. */
export interface ServiceLimits {
  readonly maxRuns: number;
  readonly runsPerUser: number;
}

interface Lane {
  /** Waiting jobs, oldest first; a job that was withdrawn leaves its id here until its turn. */
  readonly ids: number[];
  readonly waiting: Set<number>;
  active: number;
}

/**
 * Which waiting job of a service may go now. Pure bookkeeping: no clock, no I/O.
 * Users take turns: whoever was served goes to the end of the ring, and a user's own jobs go in the order of upload.
 * The ring holds exactly the users who have a job waiting and a slot of their own free, so a decision costs the same
 * with one job waiting as with 20,000.
 */
export class ServiceQueue {
  private readonly lanes = new Map<number, Lane>();
  private readonly ring = new Set<number>();
  private readonly slots = new Map<number, number>();

  constructor(private readonly limits: ServiceLimits) {}

  /** Slots taken. */
  get active(): number {
    return this.slots.size;
  }

  get waiting(): number {
    let sum = 0;
    for (const lane of this.lanes.values()) {
      sum += lane.waiting.size;
    }
    return sum;
  }

  /** A waiting job may go now. */
  get mayServe(): boolean {
    return this.slots.size < this.limits.maxRuns && this.ring.size > 0;
  }

  /** A job begins to wait: after its upload, or again when its hand-over was refused for now. */
  enqueue(id: number, userId: number): void {
    const lane = this.lane(userId);
    if (lane.waiting.has(id) || this.slots.has(id)) {
      return;
    }
    lane.waiting.add(id);
    // Uploads come in order; only a job that comes back belongs further ahead.
    let at = lane.ids.length;
    while (at > 0 && (lane.ids[at - 1] ?? 0) > id) {
      at--;
    }
    if (lane.ids[at - 1] !== id) {
      lane.ids.splice(at, 0, id);
    }
    this.settle(userId, lane);
  }

  /** The job waits no longer (terminated, say). */
  withdraw(id: number, userId: number): void {
    const lane = this.lanes.get(userId);
    if (lane?.waiting.delete(id)) {
      this.settle(userId, lane);
    }
  }

  /** Takes a slot for a job that is active already (found so at start). May exceed the limits: it is a fact. */
  occupy(id: number, userId: number): void {
    if (this.slots.has(id)) {
      return;
    }
    const lane = this.lane(userId);
    this.slots.set(id, userId);
    lane.active++;
    lane.waiting.delete(id);
    this.settle(userId, lane);
  }

  /** Gives the job's slot back. */
  release(id: number): void {
    const userId = this.slots.get(id);
    if (userId === undefined) {
      return;
    }
    this.slots.delete(id);
    const lane = this.lane(userId);
    lane.active--;
    this.settle(userId, lane);
  }

  /** The job that was given a slot could not begin: it waits again, in its old place. */
  giveBack(id: number): void {
    const userId = this.slots.get(id);
    if (userId !== undefined) {
      this.release(id);
      this.enqueue(id, userId);
    }
  }

  /** Takes a slot for the job whose turn it is and returns its id; `null` when none may go now. */
  next(): number | null {
    if (!this.mayServe) {
      return null;
    }
    const [userId] = this.ring;
    const lane = userId === undefined ? undefined : this.lanes.get(userId);
    if (userId === undefined || !lane) {
      return null;
    }
    let id = lane.ids.shift();
    while (id !== undefined && !lane.waiting.has(id)) {
      id = lane.ids.shift();
    }
    if (id === undefined) {
      throw new Error(`user ${userId} is in the ring without a job`);
    }
    this.ring.delete(userId);
    this.occupy(id, userId);
    return id;
  }

  /** Why a waiting job of this user doesn't go, if it is for a quota. */
  holdReason(userId: number): string | null {
    const active = this.lanes.get(userId)?.active ?? 0;
    if (active >= this.limits.runsPerUser) {
      return `waiting: ${active} jobs of this user are active on this service, ${this.limits.runsPerUser} may be`;
    }
    if (this.slots.size >= this.limits.maxRuns) {
      return `waiting: ${this.slots.size} jobs are active on this service, ${this.limits.maxRuns} may be`;
    }
    return null;
  }

  private lane(userId: number): Lane {
    let lane = this.lanes.get(userId);
    if (!lane) {
      lane = { ids: [], waiting: new Set(), active: 0 };
      this.lanes.set(userId, lane);
    }
    return lane;
  }

  private settle(userId: number, lane: Lane): void {
    const mayGo = lane.waiting.size > 0 && lane.active < this.limits.runsPerUser;
    if (!mayGo) {
      this.ring.delete(userId);
    } else if (!this.ring.has(userId)) {
      this.ring.add(userId);
    }
    if (lane.waiting.size === 0) {
      lane.ids.length = 0;
      if (lane.active === 0) {
        this.lanes.delete(userId);
      }
    }
  }
}
