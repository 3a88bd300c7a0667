import { turns } from "../rounds.js";
import type { Repeat } from "./micro.js";

/** What a measurement needs of the world. */
export interface Timing {
  /** Monotonic ms. */
  readonly now: () => number;
  /** ms of warming up of each. */
  readonly warm: number;
  /** ms of one sample, about. */
  readonly sample: number;
  readonly rounds: number;
}

/**
 * Measures all in turns, so that they share what the machine does meanwhile.
 *
 * @returns nanoseconds of one operation, in the order of the rounds
 */
export function measureAll<Name>(
  all: ReadonlyMap<Name, Repeat>,
  { now, warm, sample, rounds }: Timing,
): Map<Name, number[]> {
  const names = [...all.keys()];
  const counts = new Map(names.map((name) => [name, countFor(all.get(name)!, { now, warm, sample })]));
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of turns(names, round)) {
      const count = counts.get(name)!;
      const start = now();
      const done = all.get(name)!(count);
      samples.get(name)!.push(((now() - start) * 1e6) / done);
    }
  }
  return samples;
}

/** Warms up, and says how many operations a sample takes. */
function countFor(repeat: Repeat, { now, warm, sample }: Pick<Timing, "now" | "warm" | "sample">): number {
  const end = now() + warm;
  let count = 1;
  for (;;) {
    const start = now();
    const done = repeat(count);
    const took = now() - start;
    if (took < sample) count = 2 * done;
    else if (now() >= end) return Math.max(1, Math.round((done * sample) / took));
  }
}
