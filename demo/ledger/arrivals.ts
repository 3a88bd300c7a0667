/** When the first message that was sent after a server's death arrived, as seen by one receiver. */
export interface Arrival {
  readonly outage: number;
  /** When it arrived here. */
  readonly at: number;
}

/**
 * Finds for every outage the first arrival of a message that was sent after the servers' death. The order to watch
 * comes before the kill (`arm`), the moment of death is known only after it (`dead`): a process lives on for a moment
 * after the signal, and may still pass on what was sent in that moment. What arrives in between is kept.
 */
export class ArrivalWatch {
  readonly #armed = new Map<number, { deadAt?: number; kept: { sentAt: number; at: number }[] }>();
  readonly #found: (arrival: Arrival) => void;

  constructor(found: (arrival: Arrival) => void) {
    this.#found = found;
  }

  /** Whether arrivals are of interest at all; the hot path asks this first. */
  get watching(): boolean {
    return this.#armed.size > 0;
  }

  arm(outage: number): void {
    this.#armed.set(outage, { kept: [] });
  }

  dead(outage: number, deadAt: number): void {
    const watch = this.#armed.get(outage);
    if (watch === undefined) return;
    watch.deadAt = deadAt;
    const kept = watch.kept;
    watch.kept = [];
    for (const arrival of kept) this.note(arrival.sentAt, arrival.at);
  }

  note(sentAt: number, at: number): void {
    for (const [outage, watch] of this.#armed) {
      if (watch.deadAt === undefined) watch.kept.push({ sentAt, at });
      else if (sentAt > watch.deadAt) {
        this.#armed.delete(outage);
        this.#found({ outage, at });
      }
    }
  }
}
