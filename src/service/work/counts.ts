import { DurationHistogram, type WorkCounts } from "../../index.js";

/** Upper bounds of the buckets for how long tries took, ms. */
const BOUNDS = [1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 30_000, 60_000];

/** Counts what becomes of messages; see `WorkCounts`, which has the meaning of each. */
export class Counts {
  handled = 0;
  retried = 0;
  failed = 0;
  timedOut = 0;
  invalid = 0;
  deadLettered = 0;
  discarded = 0;
  private readonly durations = new DurationHistogram(BOUNDS);

  /** A try took `ms`. */
  took(ms: number): void {
    const { durations } = this;
    if (ms > 1) return durations.add(ms);
    // Most tries are as short: the bucket needs no search.
    durations.counts[0]++;
    durations.sum += ms;
    durations.count++;
  }

  /** The counts as they are now. */
  snapshot(inFlight: number, waiting: number): WorkCounts {
    const { handled, retried, failed, timedOut, invalid, deadLettered, discarded } = this;
    const { bounds, counts, sum, count } = this.durations;
    const durations = { bounds, counts: [...counts], sum, count };
    return {
      inFlight,
      waiting,
      handled,
      retried,
      failed,
      timedOut,
      invalid,
      deadLettered,
      discarded,
      durations,
    };
  }
}
