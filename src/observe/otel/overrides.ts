/** Puts own methods on an object, in the place of those that it has from its class, and takes them back. */
export class Overrides<T extends object> {
  private readonly target: T;
  private readonly before = new Map<keyof T, { made: unknown; own: PropertyDescriptor | undefined }>();

  constructor(target: T) {
    this.target = target;
  }

  /** From now on `target[name]` is this. */
  set<K extends keyof T>(name: K, method: T[K]): void {
    const own = Object.getOwnPropertyDescriptor(this.target, name);
    Object.defineProperty(this.target, name, {
      value: method,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    this.before.set(name, { made: method, own });
  }

  /** Makes it as it was. What others have put over ours stays: theirs calls ours. */
  restore(): void {
    // The newest first: an object that loses another property than its last one becomes slow.
    for (const [name, { made, own }] of [...this.before].reverse()) {
      if (this.target[name] !== made) continue;
      if (own === undefined) delete this.target[name];
      else Object.defineProperty(this.target, name, own);
    }
    this.before.clear();
  }
}
