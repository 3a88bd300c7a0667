/** Somebody who waits for the end of an entry. */
interface Wait {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

/** Who waits for the ends of a record's entries, by slot. A record that nobody waits for has none: an entry costs nothing then. */
export class EntryWaits {
  private readonly waits = new Map<number, Wait>();

  /** Resolves when a server has confirmed the entry; rejects with why none will. */
  confirmation(slot: number): Promise<void> {
    const known = this.waits.get(slot);
    if (known !== undefined) return known.promise;
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((...settle) => {
      [resolve, reject] = settle;
    });
    this.waits.set(slot, { promise, resolve, reject });
    return promise;
  }

  confirmed(slot: number): void {
    this.take(slot)?.resolve();
  }

  ended(slot: number, error: Error): void {
    this.take(slot)?.reject(error);
  }

  /** All entries that have no end yet end with this. */
  allEnded(error: Error): void {
    for (const { reject } of this.waits.values()) reject(error);
    this.waits.clear();
  }

  /** Takes over those of a record whose entries have become slots of this one, from `offset` on. */
  join(others: EntryWaits, offset: number): void {
    for (const [slot, wait] of others.waits) this.waits.set(slot + offset, wait);
    others.waits.clear();
  }

  private take(slot: number): Wait | undefined {
    const wait = this.waits.get(slot);
    this.waits.delete(slot);
    return wait;
  }
}
