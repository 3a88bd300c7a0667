/**
 * Where a stream is cut: sizes drawn uniformly around an average. They depend on the draws alone, never on the pieces in
 * which the stream comes.
 */
export class Slices {
  private readonly random: () => number;
  private left = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.random = random;
  }

  /** How many of `available` bytes belong to the current slice; they are taken. A new slice begins when one is full. */
  take(available: number, averageSize: number, sizeVariation: number): number {
    if (this.left === 0) {
      const span = 2 * sizeVariation + 1;
      this.left = averageSize - sizeVariation + Math.floor(this.random() * span);
    }
    const taken = Math.min(available, this.left);
    this.left -= taken;
    return taken;
  }

  /** Whether the slice taken from last is full. */
  get complete(): boolean {
    return this.left === 0;
  }
}
