/**
 * Rows in memory, written through: whoever writes all changes of a table may keep what it wrote and read, and answer
 * without asking the database. Only for a table with one writing process.
 * Bounded: rows that were not asked for lately go first, and are read again when they are wanted. They are kept in two
 * generations of half the capacity; when the younger is full the elder goes. So a hit, which is what polls are, changes
 * nothing: keeping the exact order made each poll a tenth slower.
 */
export class RowCache<R extends { readonly id: number }> {
  private young = new Map<number, R>();
  private old = new Map<number, R>();
  /** Reads of the database under way, by id; a change meanwhile makes what they find old. */
  private readonly reads = new Map<number, symbol>();

  constructor(private readonly capacity: number) {}

  get(id: number): R | undefined {
    const row = this.young.get(id);
    if (row !== undefined) {
      return row;
    }
    const older = this.old.get(id);
    if (older !== undefined) {
      this.keep(older);
    }
    return older;
  }

  /** The row, from memory or by `read`, whose finding is kept unless the row has changed meanwhile. */
  async find(id: number, read: () => Promise<R | null>): Promise<R | null> {
    const known = this.get(id);
    if (known !== undefined) {
      return known;
    }
    const mine = Symbol();
    this.reads.set(id, mine);
    try {
      const row = await read();
      if (row !== null && this.reads.get(id) === mine) {
        this.put(row);
      }
      return row;
    } finally {
      if (this.reads.get(id) === mine) {
        this.reads.delete(id);
      }
    }
  }

  /** A row that was just stored. */
  put(row: R): void {
    this.reads.delete(row.id);
    this.keep(row);
  }

  /** A change that was just committed. */
  patch(id: number, change: Partial<R>): void {
    this.reads.delete(id);
    const row = this.get(id);
    if (row !== undefined) {
      this.young.set(id, { ...row, ...change });
    }
  }

  private keep(row: R): void {
    this.young.set(row.id, row);
    this.old.delete(row.id);
    if (this.young.size > this.capacity / 2) {
      this.old = this.young;
      this.young = new Map();
    }
  }
}
