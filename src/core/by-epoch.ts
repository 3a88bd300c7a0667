import { NONE } from "./none.js";

/** What belongs to the link of one epoch. */
export interface OfEpoch {
  readonly epoch: number;
}

/**
 * Things by the epoch of their links. There is one as a rule, and never more than a few: an array of them, which is replaced and never
 * changed, takes less room than a map, and whoever goes through it sees it as it was.
 */
export function ofEpoch<T extends OfEpoch>(items: readonly T[], epoch: number): T | undefined {
  for (const item of items) if (item.epoch === epoch) return item;
  return undefined;
}

/** All but the one of that epoch. */
export function withoutEpoch<T extends OfEpoch>(items: readonly T[], epoch: number): readonly T[] {
  const left = items.filter((item) => item.epoch !== epoch);
  return left.length === 0 ? NONE : left;
}
