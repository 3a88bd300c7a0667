/** Names of a group by how often they were counted, for each group. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts what happened over many runs, so that what never happens is noticed. */
export class Coverage {
  private readonly counters = new Map<string, Map<string, number>>();

  /** @param counts what was counted elsewhere */
  constructor(counts: Counts = {}) {
    for (const [group, names] of Object.entries(counts)) {
      for (const [name, by] of Object.entries(names)) this.count(group, name, by);
    }
  }

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

  /** All counts, as plain objects. */
  get counts(): Counts {
    return Object.fromEntries([...this.counters].map(([group, names]) => [group, Object.fromEntries(names)]));
  }

  /** What should have been counted and was not, as `group: name`. */
  missing(expected: Readonly<Record<string, readonly string[]>>): string[] {
    return Object.entries(expected).flatMap(([group, names]) =>
      names.filter((name) => this.get(group, name) === 0).map((name) => `${group}: ${name}`),
    );
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
