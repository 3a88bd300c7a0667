import type { SubscriptionEntry } from "./subscriptions.js";

/** Finds subscriptions by their subject, in the order in which they came. Nearly all subjects have one. */
export class SubjectIndex {
  private readonly found = new Map<string, SubscriptionEntry | Set<SubscriptionEntry>>();

  constructor(entries: Iterable<SubscriptionEntry>) {
    for (const entry of entries) this.add(entry);
  }

  get size(): number {
    return this.found.size;
  }

  add(entry: SubscriptionEntry): void {
    const there = this.found.get(entry.subject);
    if (there instanceof Set) there.add(entry);
    else this.found.set(entry.subject, there === undefined ? entry : new Set([there, entry]));
  }

  remove(entry: SubscriptionEntry): void {
    const there = this.found.get(entry.subject);
    if (there instanceof Set) there.delete(entry);
    if (there === entry || (there instanceof Set && there.size === 0)) this.found.delete(entry.subject);
  }

  get(subject: string): Iterable<SubscriptionEntry> {
    const there = this.found.get(subject);
    return there === undefined ? [] : there instanceof Set ? there : [there];
  }
}
