function refuse(): never {
  throw new TypeError('this map is frozen');
}

/** A map that nobody can change any more: `Object.freeze` alone would leave `set` and `delete` working. */
export function frozenMap<K, V>(entries: Iterable<readonly [K, V]>): ReadonlyMap<K, V> {
  const map = new Map(entries);
  for (const method of ['set', 'delete', 'clear']) {
    Object.defineProperty(map, method, { value: refuse });
  }
  return Object.freeze(map);
}
