/** So full that it matters which row was asked for last. */
const ORDERED_FROM = 0.9;

/**
 * Rows in memory, written through: whoever writes all changes of a table may keep what it wrote and read, and answer
 * without asking the database. Only for a table with one writing process.
 * Bounded: the row that was not asked for the longest goes first, and is read again when it is wanted.
 */
export class RowCache<R extends { readonly id: number }> {
  private readonly rows = new Map<number, R>();
  /** Reads of the database under way, by id; a change meanwhile makes what they find old. */
  private readonly reads = new Map<number, symbol>();

  constructor(private readonly capacity: number) {}

  get(id: number): R | undefined {
    const row = this.rows.get(id);
    // While there is room for many more, nothing will have to go soon, and each move in the map has its price.
    if (row !== undefined && this.rows.size > this.capacity * ORDERED_FROM) {
      // To the end of the map's order: asked for last.
      this.rows.delete(id);
      this.rows.set(id, row);
    }
    return row;
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
    this.rows.delete(row.id);
    this.rows.set(row.id, row);
    const [oldest] = this.rows.keys();
    if (this.rows.size > this.capacity && oldest !== undefined) {
      this.rows.delete(oldest);
    }
  }

  /** A change that was just committed. */
  patch(id: number, change: Partial<R>): void {
    this.reads.delete(id);
    const row = this.rows.get(id);
    if (row !== undefined) {
      this.rows.set(id, { ...row, ...change });
    }
  }
}
