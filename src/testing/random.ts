/**
 * A seeded generator (sfc32): the same seed gives the same numbers on every machine. Each part of a world
 * has a fork of its own, so that one ingredient switched off leaves the luck of the others alone.
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 1;

  constructor(seed: number, stream = 0) {
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 2 ** 32) >>> 0;
    this.c = stream >>> 0;
    for (let i = 0; i < 15; i++) this.next();
  }

  /** A generator of its own, named by `stream`; does not move this one. */
  fork(stream: number): Random {
    return new Random(this.a ^ Math.imul(stream, 0x9e3779b1), this.b ^ stream);
  }

  private next(): number {
    const t = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  readonly float = (): number => this.next() / 2 ** 32;

  /** An integer in [0, below). */
  int(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.float();
  }

  /** A number in [from, to), small ones as likely as large ones: uniform in its logarithm. */
  scale(from: number, to: number): number {
    return from * (to / from) ** this.float();
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.float() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)];
  }

  /** One of the keys, as likely as its weight. */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.float() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return entries[entries.length - 1][0];
  }
}
