/** Width of one bin, ms. */
const BIN = 100;

/** Counts how often something happens, in bins of {@link BIN} ms. */
export class Meter {
  private readonly bins: number[] = [];
  total = 0;

  count(at: number): void {
    const bin = Math.floor(at / BIN);
    while (this.bins.length <= bin) this.bins.push(0);
    this.bins[bin]++;
    this.total++;
  }

  /** Per second, in the busiest `width` ms. */
  peak(width: number): number {
    const { bins } = this;
    const span = Math.round(width / BIN);
    let sum = 0;
    let most = 0;
    for (let i = 0; i < bins.length; i++) {
      sum += bins[i] - (i >= span ? bins[i - span] : 0);
      most = Math.max(most, sum);
    }
    return (most * 1000) / width;
  }

  /** How often in each of the first `seconds` seconds. */
  perSecond(seconds: number): number[] {
    const sums = new Array<number>(seconds).fill(0);
    this.bins.forEach((count, bin) => {
      const second = Math.floor((bin * BIN) / 1000);
      if (second < seconds) sums[second] += count;
    });
    return sums;
  }

  /** The sum of several. */
  static sum(meters: readonly Meter[]): Meter {
    const all = new Meter();
    for (const { bins, total } of meters) {
      bins.forEach((count, bin) => {
        all.bins[bin] = (all.bins[bin] ?? 0) + count;
      });
      all.total += total;
    }
    return all;
  }
}
