/** How often bytes are changed: each with a probability, or one in so many. */
export interface CorruptionRate {
  readonly probability: number | undefined;
  readonly every: number | undefined;
}

/**
 * Which bytes of a stream are changed, and to what. It depends on the draws alone, never on the pieces in which the stream
 * comes.
 */
export class Corruption {
  private readonly random: () => number;
  private rate: CorruptionRate | undefined;
  /** Bytes before the next one that is changed. */
  private gap = 0;
  /** Bytes of the current block behind that one. */
  private rest = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.random = random;
  }

  /** Returns `data`, or a copy in which bytes are changed, and how many are. */
  apply(data: Buffer, rate: CorruptionRate): { data: Buffer; changed: number } {
    if (rate !== this.rate) {
      this.rate = rate;
      this.rest = 0;
      this.draw();
    }
    let result = data;
    let changed = 0;
    let at = 0;
    while (this.gap < data.length - at) {
      at += this.gap;
      if (changed === 0) result = Buffer.from(data);
      result[at] ^= 1 + Math.floor(this.random() * 255);
      changed++;
      at++;
      this.draw();
    }
    this.gap -= data.length - at;
    return { data: result, changed };
  }

  private draw(): void {
    const { probability = 0, every } = this.rate!;
    if (every !== undefined) {
      const place = Math.floor(this.random() * every);
      this.gap = this.rest + place;
      this.rest = every - place - 1;
    } else if (probability === 1) {
      this.gap = 0;
    } else {
      this.gap = Math.floor(Math.log(1 - this.random()) / Math.log(1 - probability));
      // Never, for a probability of 0.
      if (probability === 0) this.gap = Number.POSITIVE_INFINITY;
    }
  }
}
