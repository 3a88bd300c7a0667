/** Counts what happened over many runs, so that what never happens is noticed. */
export class Coverage {
  private readonly counters = new Map<string, Map<string, number>>();

  count(group: string, name: string, by = 1): void {
    let names = this.counters.get(group);
    if (names === undefined) {
      names = new Map();
      this.counters.set(group, names);
    }
    names.set(name, (names.get(name) ?? 0) + by);
  }

  get(group: string, name: string): number {
    return this.counters.get(group)?.get(name) ?? 0;
  }

  add(other: Coverage): void {
    for (const [group, names] of other.counters) {
      for (const [name, by] of names) this.count(group, name, by);
    }
  }

  /** One line a group, the counters by name. */
  lines(): string[] {
    return [...this.counters]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([group, names]) => {
        const sorted = [...names].sort(([a], [b]) => (a < b ? -1 : 1));
        return `${group}: ${sorted.map(([name, n]) => `${name} ${n}`).join(", ")}`;
      });
  }
}
