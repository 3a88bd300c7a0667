/** How many of the latest are looked at. */
const KEPT = 128;
/** With fewer nothing is known. */
const ENOUGH = 20;
/** The quantile is determined anew after so many. */
const STEP = 16;
/** Subjects that are remembered, the one used least recently goes first. */
const MOST = 256;

/** How long the latest answers took. */
class Durations {
  private readonly latest: number[] = [];
  private added = 0;
  private known: number | undefined;

  add(ms: number): void {
    this.latest[this.added++ % KEPT] = ms;
    if (this.added % STEP === 0) this.known = undefined;
  }

  quantile(part: number): number | undefined {
    if (this.added < ENOUGH) return undefined;
    if (this.known === undefined) {
      const sorted = this.latest.toSorted((a, b) => a - b);
      this.known = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
    }
    return this.known;
  }
}

/** How long the latest answers to each subject took. */
export class RecentDurations {
  private readonly bySubject = new Map<string, Durations>();
  private readonly part: number;

  /** @param part the quantile that is asked for, 0 to 1 */
  constructor(part: number) {
    this.part = part;
  }

  /** An answer took `ms`. */
  add(subject: string, ms: number): void {
    const durations = this.bySubject.get(subject) ?? new Durations();
    this.bySubject.delete(subject);
    this.bySubject.set(subject, durations);
    durations.add(ms);
    if (this.bySubject.size > MOST) this.bySubject.delete(this.bySubject.keys().next().value as string);
  }

  /** ms; undefined when too few are known. */
  quantile(subject: string): number | undefined {
    return this.bySubject.get(subject)?.quantile(this.part);
  }
}
