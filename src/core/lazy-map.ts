/**
 * A map that costs next to nothing while it is empty. Even an empty `Map` holds a table: a connection has a dozen maps that are
 * hardly ever used, and there may be thousands of connections.
 */
export class LazyMap<K, V> {
  private map: Map<K, V> | undefined;

  get size(): number {
    return this.map === undefined ? 0 : this.map.size;
  }

  get(key: K): V | undefined {
    return this.map?.get(key);
  }

  has(key: K): boolean {
    return this.map?.has(key) === true;
  }

  set(key: K, value: V): void {
    this.map ??= new Map();
    this.map.set(key, value);
  }

  /** Whether there was one. The table stays: what empties and fills again does not make it anew. */
  delete(key: K): boolean {
    return this.map?.delete(key) === true;
  }

  /** Lets go of the table, too. */
  clear(): void {
    this.map = undefined;
  }

  keys(): Iterable<K> {
    return this.map?.keys() ?? [];
  }

  values(): Iterable<V> {
    return this.map?.values() ?? [];
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return (this.map ?? [])[Symbol.iterator]();
  }
}

/** The same for a set. */
export class LazySet<T> {
  private set: Set<T> | undefined;

  has(item: T): boolean {
    return this.set?.has(item) === true;
  }

  add(item: T): void {
    this.set ??= new Set();
    this.set.add(item);
  }

  /** Whether it was in it. */
  delete(item: T): boolean {
    return this.set?.delete(item) === true;
  }

  /** Lets go of the table, too. */
  clear(): void {
    this.set = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.set ?? [])[Symbol.iterator]();
  }
}
