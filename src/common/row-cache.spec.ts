import { RowCache } from './row-cache';

interface Row {
  readonly id: number;
  readonly text: string;
}

const never = () => Promise.reject(new Error('the database was asked'));

describe('rows in memory', () => {
  it('answer without the database once they were stored, and with every change since', async () => {
    const cache = new RowCache<Row>(10);
    cache.put({ id: 1, text: 'new' });
    expect(await cache.find(1, never)).toEqual({ id: 1, text: 'new' });
    cache.patch(1, { text: 'changed' });
    expect(await cache.find(1, never)).toEqual({ id: 1, text: 'changed' });
  });

  it('are read once', async () => {
    const cache = new RowCache<Row>(10);
    expect(await cache.find(1, () => Promise.resolve({ id: 1, text: 'read' }))).toEqual({ id: 1, text: 'read' });
    expect(await cache.find(1, never)).toEqual({ id: 1, text: 'read' });
    expect(await cache.find(2, () => Promise.resolve(null))).toBeNull();
    expect(await cache.find(2, () => Promise.resolve({ id: 2, text: 'there now' }))).toMatchObject({ id: 2 });
  });

  it('never keep what was read before a change that came while it was read', async () => {
    const cache = new RowCache<Row>(10);
    let answer: (row: Row) => void = () => undefined;
    const finding = cache.find(1, () => new Promise<Row>((resolve) => (answer = resolve)));
    cache.patch(1, { text: 'changed' });
    answer({ id: 1, text: 'old' });
    await finding;
    expect(cache.get(1)).toBeUndefined();
  });

  it('are forgotten when there are too many, the least wanted first', () => {
    const cache = new RowCache<Row>(2);
    cache.put({ id: 1, text: 'a' });
    cache.put({ id: 2, text: 'b' });
    cache.get(1);
    cache.put({ id: 3, text: 'c' });
    expect([1, 2, 3].map((id) => cache.get(id)?.text)).toEqual(['a', undefined, 'c']);
  });
});
