/** Counts the arrivals of messages that carry the numbers 0, 1, 2 and so on as text. */
export class Arrivals {
  private readonly counts: number[] = [];
  private highest = -1;
  /** Messages that came in. */
  total = 0;
  /** Different numbers among them. */
  distinct = 0;
  /** First arrivals of a number after a higher one had arrived. */
  late = 0;

  add(number: number): void {
    this.total++;
    const before = this.counts[number] ?? 0;
    this.counts[number] = before + 1;
    if (before > 0) return;
    this.distinct++;
    if (number < this.highest) this.late++;
    else this.highest = number;
  }

  /** Arrivals beyond the first of each number. */
  get duplicates(): number {
    return this.total - this.distinct;
  }

  /** The numbers that arrived more than once. */
  get repeated(): number[] {
    return [...this.counts.keys()].filter((number) => (this.counts[number] ?? 0) > 1);
  }

  /** The numbers below `end` that have not arrived. */
  missing(end: number): number[] {
    return Array.from({ length: end }, (_, number) => number).filter((number) => !this.counts[number]);
  }

  /** How often a number has arrived. */
  timesOf(number: number): number {
    return this.counts[number] ?? 0;
  }
}

/** A callback for `subscribe()` that counts into `arrivals`. */
export function countInto(arrivals: Arrivals): (error: Error | null, msg: { string(): string }) => void {
  return (error, msg) => {
    if (error === null) arrivals.add(Number(msg.string()));
  };
}
