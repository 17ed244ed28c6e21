/** Work on one key goes one after another; other keys don't wait. */
export class KeyedTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(work);
    const kept = mine.catch(() => undefined);
    this.last.set(key, kept);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === kept) {
        this.last.delete(key);
      }
    }
  }
}
